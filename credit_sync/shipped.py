"""Where the files that ship with the program lie: mappings and report templates.

In a checkout they stand beside the package; in an installed wheel inside it.
"""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def shipped(name: str) -> Path:
    """The folder `mappings` or `reports` that came with this program."""
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent / name
