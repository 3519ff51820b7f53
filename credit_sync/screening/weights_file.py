"""Writing calibrated weights as a file of their own, for a person to review: the old text with new numbers."""

import re
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from pydantic import ValidationError

from credit_sync.errors import CreditSyncError
from credit_sync.screening.calibrated_weights import Calibration
from credit_sync.screening.weights import Weights

_TABLE = re.compile(r"^\[([\w.]+)\]\s*$")
_VALUE = re.compile(r"^(\w+)(\s*=\s*)")
_REMEDY = "换一个文件名，核对后再由您替换使用中的文件"


def refuse_existing(target: Path, in_use: Path) -> None:
    """Raises CreditSyncError where there is a file already: nothing is overwritten."""
    if target.exists():
        same = in_use.exists() and target.samefile(in_use)
        raise CreditSyncError(f"{target} {'正在使用，不会改动' if same else '已经存在，不会覆盖'}", remedy=_REMEDY)


def write_weights(target: Path, in_use: Path, calibration: Calibration, on: date) -> None:
    """The file in use with the new numbers and its lines of comment, as a new file."""
    refuse_existing(target, in_use)
    text = rewritten(in_use.read_text(encoding="utf-8-sig"), calibration, on)
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("x", encoding="utf-8", newline="\n") as file:
        file.write(text)


def rewritten(text: str, calibration: Calibration, on: date) -> str:
    """The text of a weights file with every number that changed replaced in its line."""
    new: dict[tuple[str, ...], str] = {("version",): _quoted(calibration.new.version)}
    for prior in calibration.priors:
        if prior.estimated:
            note = f"  # calibrated on {on}: {prior.estimate.matched:.0f} matches; before: {prior.old!r}"
            new["prior", prior.kind.value] = f"{prior.new!r}{note}"
    for change in calibration.levels:
        if change.estimated:
            here = (change.attribute, change.level)
            new[*here, "origin"] = _quoted(change.new.origin)
            new |= {(*here, name): repr(getattr(change.new, name)) for name in change.estimated}
    table: tuple[str, ...] = ()
    lines = []
    for line in text.splitlines():
        if found := _TABLE.match(line):
            table = tuple(found[1].split("."))
        found = _VALUE.match(line)
        value = new.get((*table, found[1])) if found else None
        lines.append(f"{found[0]}{value}" if found and value else line)
    lines += _levels_not_in(text, calibration.new)
    written = "\n".join(lines) + "\n"
    _check(written, calibration.new)
    return written


def _levels_not_in(text: str, weights: Weights) -> Iterator[str]:
    """Tables of the levels that a file from before they were thought of does not have."""
    tables = {name: table for name, table in tomllib.loads(text).items() if isinstance(table, dict)}
    for name, there in tables.items():
        known = getattr(weights, name, None)
        for level, found in known.items() if isinstance(known, dict) else ():
            if level not in there:
                values = found.model_dump(exclude_none=True)
                yield from (
                    f"[{name}.{level}]",
                    *(f"{k} = {_quoted(v) if k == 'origin' else repr(v)}" for k, v in values.items()),
                )


def _check(text: str, expected: Weights) -> None:
    """A file laid out in another way than the shipped one (tables in one line) cannot be rewritten line by line."""
    try:
        there = Weights.model_validate(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, ValidationError):
        there = None
    if there != expected:
        raise CreditSyncError(
            "使用中的权重文件写法特殊，无法逐行改写", remedy="像随附的 weights.toml 那样，每个数值单独写一行"
        )


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
