"""Imports go one way, as docs/architecture.md says: from the commands down to the store, records and subjects."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CODE = ROOT / "credit_sync"


def rows() -> dict[str, int]:
    """In which row of the table each package or module stands."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    _, table = text.split("## Directions")[1].split("|---|---|\n", 1)
    cells = [line.split("|")[1] for line in table.split("\n\n", 1)[0].splitlines()]
    return {name: number for number, cell in enumerate(cells) for name in re.findall(r"`(\w+)`", cell)}


def imported(path: Path) -> Iterator[str]:
    """The packages and modules of ours that a file imports, within functions and for types, too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        assert not (isinstance(node, ast.ImportFrom) and node.level), f"{path} imports by a relative name"
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        yield from (name.split(".")[1] for name in names if name.startswith("credit_sync."))


ROWS = rows()
PARTS = sorted(
    path for path in CODE.iterdir() if path.name[0] != "_" and (path.suffix == ".py" or any(path.glob("*.py")))
)


def test_every_part_of_the_program_has_its_row() -> None:
    assert sorted(path.stem for path in PARTS) == sorted(ROWS)


@pytest.mark.parametrize("part", PARTS, ids=lambda path: path.stem)
def test_imports_go_down(part: Path) -> None:
    files = sorted(part.rglob("*.py")) if part.is_dir() else [part]
    up = [
        f"{path.relative_to(CODE)} imports {name}"
        for path in files
        for name in imported(path)
        if name != part.stem and ROWS[name] <= ROWS[part.stem]
    ]
    assert up == []
