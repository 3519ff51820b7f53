"""`python -m credit_sync`."""

from credit_sync.cli import main

main()
