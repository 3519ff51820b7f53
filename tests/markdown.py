"""What tests read out of a Markdown file: sections, tables, links, and blocks that are run or written to files."""

import re
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(r"(?:^<!-- (file|append): (\S+) -->\n+)?^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Block:
    """A fenced block; `console` blocks are run, marked ones are written to (or appended to) the file they name."""

    info: str
    text: str
    marker: str = ""
    path: str = ""

    def commands(self) -> list[tuple[str, str]]:
        """The commands behind `$ `, each with the output that is shown below it."""
        parts = re.split(r"^\$ ", self.text, flags=re.MULTILINE)[1:]
        return [(head, output) for head, _, output in (part.partition("\n") for part in parts)]


def blocks(text: str) -> list[Block]:
    """Every fenced block, in order."""
    return [Block(info, body, marker or "", path or "") for marker, path, info, body in _FENCE.findall(text)]


def sections(text: str) -> dict[str, str]:
    """Heading (without marks and backticks) -> what stands below it, up to the next heading of any level."""
    without_code = _FENCE.sub(lambda found: found[0].replace("\n#", "\n\x00#"), text)
    parts = re.split(r"^#+ (.*)$", without_code, flags=re.MULTILINE)
    return {
        title.replace("`", "").strip(): body.replace("\x00", "")
        for title, body in zip(parts[1::2], parts[2::2], strict=True)
    }


def rows(text: str) -> dict[str, list[str]]:
    """The table rows of a section by their first cell (without backticks)."""
    found = {}
    for line in text.splitlines():
        if line.startswith("|"):
            cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            found[cells[0].strip("`")] = cells
    return found


def links(path: Path) -> list[str]:
    """Targets of relative links and pictures."""
    text = _FENCE.sub("", path.read_text(encoding="utf-8"))
    targets = [target.partition("#")[0] for target in _LINK.findall(text)]
    return [target for target in targets if target and "://" not in target]


def fits(expected: str, output: str) -> bool:
    """Whether output is as shown, where `…` stands for anything."""
    pattern = ".*".join(re.escape(part) for part in expected.strip().split("…"))
    return re.fullmatch(pattern, output.strip(), re.DOTALL) is not None
