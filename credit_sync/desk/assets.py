"""The files that pages load: one style sheet, one script, one icon, under addresses that change with their content."""

from functools import cache
from hashlib import sha256
from pathlib import Path

from credit_sync.shipped import shipped

_STATIC = Path(__file__).parent / "static"
_TYPES = {
    "desk.css": "text/css; charset=utf-8",
    "desk.js": "text/javascript; charset=utf-8",
    "desk.svg": "image/svg+xml",
}


@cache
def asset(name: str) -> tuple[bytes, str] | None:
    """Content and type; None where there is no such file. The style sheet is the reports' and the desk's in one."""
    if name not in _TYPES:
        return None
    content = (_STATIC / name).read_bytes()
    if name == "desk.css":
        shared = [(shipped("reports") / file).read_bytes() for file in ("pictures.css", "style.css")]
        content = b"".join([*shared, content])
    return content, _TYPES[name]


@cache
def asset_address(name: str) -> str:
    """The address of a file, with a digest of its content: it may be kept for ever."""
    found = asset(name)
    if found is None:
        raise FileNotFoundError(name)
    return f"/static/{name}?{sha256(found[0]).hexdigest()[:12]}"
