"""What a good script does: keys into Python dictionaries, then RapidFuzz's ratio on every candidate.

Keys: the number, also seen through every mask that the list shows; a person's name with region; an organisation's
code, its name, its core with each character left out, and the core's first four characters. Blocks of more than
2,000 are not asked. Candidates with a ratio of 78 or more are put out, by number whatever the name.
"""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import polars as pl
from rapidfuzz import fuzz

from benchmarks.methods import prepared
from benchmarks.methods.measured import Measured

_CUT, _LARGEST = 78, 2000
_Row = tuple[int, str, str, str, str, str]


def run(folder: Path, out: Path) -> None:
    measured = Measured("dict")
    with measured.phase("read"):
        tables = prepared.read(folder)
    with measured.phase("prepare"):
        tables = prepared.prepare(tables)
        applicants, listings = (_rows(t) for t in (tables.applicants, tables.listings))
    with measured.phase("blocks"):
        blocks, shapes = _blocks(listings)
    found: list[tuple[int, int]] = []
    with measured.phase("screen"):
        for row in applicants:
            candidates = {
                n for key in _asked(row, shapes) if len(block := blocks.get(key, ())) <= _LARGEST for n in block
            }
            measured.candidates += len(candidates)
            found += [(row[0], n) for n in candidates if _matches(row, listings[n])]
            measured.accounted += 1
    measured.notes.append(
        f"its dictionaries do not outlive the process, so building them ({measured.seconds['blocks']:.2f} s, "
        f"{measured.cpu['blocks']:.2f} of CPU) is part of screening; without it {measured.seconds['screen']:.2f} s, "
        f"{measured.cpu['screen']:.2f} of CPU"
    )
    frame = pl.DataFrame(found, schema=["applicant", "listing"], orient="row")
    measured.finish(out, frame.with_columns(rank=2))


def _rows(frame: pl.DataFrame) -> list[_Row]:
    return frame.sort("id").select("id", "kind", "name", "core", "number", "region").rows()


def _blocks(listings: list[_Row]) -> tuple[dict[str, list[int]], set[str]]:
    blocks: dict[str, list[int]] = defaultdict(list)
    shapes: set[str] = set()
    for row in listings:
        if "*" in row[4]:
            shapes.add("".join("*" if c == "*" else "1" for c in row[4]))
        for key in _keys(row):
            blocks[key].append(row[0])
    return blocks, shapes


def _keys(row: _Row) -> Iterator[str]:
    _, kind, name, core, number, region = row
    if number:
        yield "i" + number
    if kind == "person":
        yield f"p{name}{region}"
        return
    if len(number) == 18:
        yield "i" + number[8:17]
    yield "n" + name
    if len(core) > 2:
        yield "g" + core
        yield from {f"g{core[:i]}{core[i + 1 :]}" for i in range(len(core))}
        yield "f" + core[:4]


def _asked(row: _Row, shapes: set[str]) -> Iterator[str]:
    yield from _keys(row)
    number = row[4]
    spellings = (number, f"{number[:6]}{number[8:17]}") if row[1] == "person" else (number, number[8:17])
    for spelling in spellings if number and "*" not in number else ():
        for shape in shapes:
            if len(shape) == len(spelling):
                yield "i" + "".join("*" if s == "*" else c for c, s in zip(spelling, shape, strict=True))
            elif len(shape) < len(spelling) and "****" in shape:
                head = shape.index("*")
                tail = len(shape) - head - shape.count("*")
                yield f"i{spelling[:head]}{'*' * shape.count('*')}{spelling[len(spelling) - tail :] if tail else ''}"


def _matches(row: _Row, listed: _Row) -> bool:
    ours, theirs = row[4], listed[4]
    if ours and theirs and row[1] == "person":
        return _agree(ours, theirs)
    return bool(ours and ours == theirs) or fuzz.ratio(row[3], listed[3]) >= _CUT


def _agree(a: str, b: str) -> bool:
    return len(a) != len(b) or all(p == q or "*" in (p, q) for p, q in zip(a, b, strict=True))
