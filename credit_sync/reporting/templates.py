"""The Jinja2 environment of the templates in reports/, and pages that need nothing but themselves.

Everything is escaped. Beyond that a page carries a content security policy that lets only its own style sheet and
script run, by their hashes: whatever a source writes into a name stays text, and nothing is ever fetched.
"""

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from credit_sync.reporting import labels
from credit_sync.reporting.shown import isolated, shortened, shown
from credit_sync.shipped import shipped

_FILTERS: Mapping[str, Callable[..., str]] = {
    "percent": labels.percent,
    "in_words": labels.in_words,
    "weight": labels.weight,
    "verdict": lambda code: labels.label(labels.VERDICTS, code),
    "effect": lambda code: labels.EFFECTS[code],
    "share": labels.share,
    "age": labels.age,
    "standing": lambda code: labels.STANDINGS[code],
    "stage": lambda code: labels.label(labels.STAGES, code),
    "status": lambda code: labels.label(labels.STATUSES, code),
    "record": lambda code: labels.label(labels.RECORDS, code),
    "delivery": lambda code: labels.label(labels.DELIVERIES, code),
    "day": lambda when: f"{when:%Y-%m-%d}" if when else "—",
    "minute": lambda when: f"{when:%Y-%m-%d %H:%M}" if when else "—",
    "isolated": isolated,
    "shortened": shortened,
    "shown": shown,
}


def render(
    template: str, *, running_title: str, scripts: Sequence[str] = (), sheets: Sequence[str] = (), **values: Any
) -> str:
    """`reports/TEMPLATE` as a page that stands alone.

    `running_title` heads every printed page (plain text without quotes); `scripts`, and `sheets` beside those that every
    page has, are files in reports/.
    """
    folder = shipped("reports")
    styles = ("pictures.css", "style.css", *sheets)
    style = "".join((folder / name).read_text(encoding="utf-8") for name in styles) + _page_heads(running_title)
    script = "".join((folder / name).read_text(encoding="utf-8") for name in scripts)
    policy = f"default-src 'none'; style-src {_hash(style)}; base-uri 'none'; form-action 'none'"
    if script:
        policy += f"; script-src {_hash(script)}"
    page = environment().get_template(template)
    return page.render(style=Markup(style), script=Markup(script), policy=policy, **values)  # noqa: S704 - our own files


def environment(*folders: Path) -> Environment:
    """Templates of `folders` and of reports/, with everything escaped and the filters that say things in Chinese."""
    made = Environment(
        loader=FileSystemLoader([*folders, shipped("reports")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters.update(_FILTERS)
    return made


def _page_heads(running_title: str) -> str:
    return f'@page {{ @top-left {{ content: "{running_title}" }} }}\n'


def _hash(content: str) -> str:
    digest = hashlib.sha256(content.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
