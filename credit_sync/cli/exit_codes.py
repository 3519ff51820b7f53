"""What a command ends with when not all is well; those of `gate` alone stand with it."""

EXIT_FAILED, EXIT_UNUSABLE, EXIT_BUSY, EXIT_INTERRUPTED = 1, 2, 75, 130
