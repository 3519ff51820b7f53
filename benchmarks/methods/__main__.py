"""One method in a process of its own: python -m benchmarks.methods METHOD INPUT OUT.

Nothing is imported but that method, so that neither its memory nor what its helpers load is another's.
"""

import importlib
import sys
from pathlib import Path

from benchmarks.methods import METHODS

if __name__ == "__main__":
    method, folder, out = sys.argv[1:]
    importlib.import_module(f"benchmarks.methods.{METHODS[method]}").run(Path(folder), Path(out))
