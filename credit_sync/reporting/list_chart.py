"""A list over time as a picture: how many entries it had, and what came and went with every version. SVG, no script."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup, escape

_WIDTH, _HEIGHT, _LEFT, _RIGHT = 760, 240, 68, 12
_LINE_TOP, _LINE_BOTTOM, _BARS_MIDDLE, _BARS_REACH = 16, 120, 172, 32


@dataclass(frozen=True, slots=True)
class Point:
    """One accepted version of one source of the list."""

    at: datetime
    live: int
    came: int
    went: int


def list_chart(points: Sequence[Point], *, title: str, name: str) -> Markup:
    """The picture, in order of time. `name` makes its ids unlike those of another picture on the page."""
    if not points:
        return Markup("")
    lowest, highest = _bounds([p.live for p in points])
    most_moved = max(1, *(max(p.came, p.went) for p in points))
    first, last = points[0], points[-1]
    described = (
        f"{first.at:%Y-%m-%d} 有 {first.live:,} 条，{last.at:%Y-%m-%d} 有 {last.live:,} 条；"
        f"共 {len(points)} 个版本，各版本的数字见下表"
    )
    xs = [_x(number, len(points)) for number in range(len(points))]
    width = min(14.0, max(2.0, (_WIDTH - _LEFT - _RIGHT) / len(points) * 0.36))
    line = " ".join(f"{x:.1f},{_y(p.live, lowest, highest):.1f}" for x, p in zip(xs, points, strict=True))
    parts = [
        f'<svg class="chart" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-labelledby="{escape(name)}-title {escape(name)}-desc">',
        f'<title id="{escape(name)}-title">{escape(title)}</title>',
        f'<desc id="{escape(name)}-desc">{described}</desc>',
        *_scale(lowest, highest),
        f'<polyline class="live" points="{line}"/>',
        *(
            f'<circle class="live" cx="{x:.1f}" cy="{_y(p.live, lowest, highest):.1f}" r="2.5"/>'
            for x, p in zip(xs, points, strict=True)
        ),
        f'<line class="axis" x1="{_LEFT}" y1="{_BARS_MIDDLE}" x2="{_WIDTH - _RIGHT}" y2="{_BARS_MIDDLE}"/>',
        _text(_LEFT - 8, _BARS_MIDDLE - 12, "新增", "end"),
        _text(_LEFT - 8, _BARS_MIDDLE + 20, "移出", "end"),
        _text(_LEFT - 8, _LINE_BOTTOM - _LINE_BOTTOM // 2 + 12, "在册", "end"),
    ]
    for x, point in zip(xs, points, strict=True):
        parts += _moved(x, width, point, most_moved)
    parts += [
        _text(xs[n], _HEIGHT - 8, f"{points[n].at:%m-%d}", _anchor(n, len(points))) for n in _named(len(points))
    ]
    return Markup("\n".join([*parts, "</svg>"]))  # noqa: S704 - every text in it is escaped or a number


def _bounds(values: Sequence[int]) -> tuple[int, int]:
    """A scale that shows small changes of a large list without pretending that they are large: at least 2 %.

    >>> _bounds([4000, 4010]), _bounds([5])
    ((3964, 4046), (4, 6))
    """
    lowest, highest = min(values), max(values)
    span = max(highest - lowest, math.ceil(highest * 0.02), 2)
    middle = (lowest + highest) / 2
    return max(0, math.floor(middle - span / 2)), math.ceil(middle + span / 2)


def _x(number: int, count: int) -> float:
    room = _WIDTH - _LEFT - _RIGHT - 24
    return _LEFT + 12 + (room / 2 if count == 1 else room * number / (count - 1))


def _y(live: int, lowest: int, highest: int) -> float:
    return _LINE_BOTTOM - (live - lowest) / (highest - lowest) * (_LINE_BOTTOM - _LINE_TOP)


def _scale(lowest: int, highest: int) -> list[str]:
    parts = []
    for value, y in ((highest, _LINE_TOP), (lowest, _LINE_BOTTOM)):
        parts.append(f'<line class="mark" x1="{_LEFT}" y1="{y}" x2="{_WIDTH - _RIGHT}" y2="{y}"/>')
        parts.append(_text(_LEFT - 8, y + 4, f"{value:,}", "end"))
    return parts


def _moved(x: float, width: float, point: Point, most: int) -> list[str]:
    """Bars above and below the axis, the square root of what moved: a day of 3 stays visible beside one of 3,000."""
    parts = []
    for count, kind in ((point.came, "came"), (point.went, "went")):
        if count:
            height = max(2.0, math.sqrt(count / most) * _BARS_REACH)
            y = _BARS_MIDDLE - height if kind == "came" else _BARS_MIDDLE
            parts.append(
                f'<rect class="{kind}" x="{x - width / 2:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"/>'
            )
    return parts


def _named(count: int) -> list[int]:
    """Which versions have their day written below: at most eight, the first and the last among them."""
    step = max(1, math.ceil((count - 1) / 7))
    return sorted({*range(0, count, step), count - 1} - ({count - 2} if count > 8 else set()))


def _anchor(number: int, count: int) -> str:
    return "middle" if 0 < number < count - 1 or count == 1 else "start" if number == 0 else "end"


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text class="scale" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
