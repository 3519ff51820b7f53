"""How evidence adds up from the prior to the probability, as a picture: steps in bits, and an SVG that needs no script.

The picture is a waterfall: each step begins where the one before ended; to the right speaks for one and the same subject,
to the left against. One bit doubles the odds. It carries a title, a description and the same numbers as text, and tells
for and against apart by hatching too. Classes only, no styles: reports and desk forbid inline styles.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from credit_sync.reporting.labels import percent, weight

_WIDTH, _LABELS, _VALUES = 760, 118, 64
_ROW, _BAR, _TOP, _BOTTOM = 26, 14, 8, 44
_CHANCES = (0.01, 0.5, 0.99)
"""Where the scale is marked in words; 0.5 is where both are as likely."""


@dataclass(frozen=True, slots=True)
class Step:
    """One bar: from where to where, in log2 odds."""

    title: str
    begin: float
    end: float
    kind: str
    """`prior`, `evidence` or `total`."""

    @property
    def bits(self) -> float:
        """What the step adds; of prior and total where they stand."""
        return self.end - self.begin


def steps(prior_bits: float, evidence: Iterable[tuple[str, float]]) -> tuple[Step, ...]:
    """The prior, each piece of evidence (title, bits) in its order, and the total.

    >>> [(s.title, s.begin, s.end) for s in steps(-20.0, [("姓名", 12.5), ("性别", -0.5)])]
    [('起点', 0.0, -20.0), ('姓名', -20.0, -7.5), ('性别', -7.5, -8.0), ('合计', 0.0, -8.0)]
    """
    found, reached = [Step("起点", 0.0, prior_bits, "prior")], prior_bits
    for title, bits in evidence:
        found.append(Step(title, reached, reached + bits, "evidence"))
        reached += bits
    return (*found, Step("合计", 0.0, reached, "total"))


def waterfall(
    prior_bits: float, evidence: Sequence[tuple[str, float]], probability: float, *, name: str
) -> Markup:
    """The picture as inline SVG. `name` makes its ids unlike those of another picture on the page."""
    bars = steps(prior_bits, evidence)
    scale = _Scale(min(0.0, *(s.end for s in bars)), max(0.0, *(s.end for s in bars)))
    height = _TOP + _ROW * len(bars) + _BOTTOM
    parts = [
        f'<svg class="waterfall" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'aria-labelledby="{escape(name)}-title {escape(name)}-desc">',
        f'<title id="{escape(name)}-title">证据如何相加</title>',
        f'<desc id="{escape(name)}-desc">{escape(described(bars, probability))}</desc>',
        _grid(scale, _TOP + _ROW * len(bars)),
    ]
    for number, step in enumerate(bars):
        parts.append(_bar(scale, step, _TOP + _ROW * number, following=number + 1 < len(bars) - 1))
    return Markup("\n".join([*parts, "</svg>"]))  # noqa: S704 - every text in it is escaped or a number


def described(bars: Sequence[Step], probability: float) -> str:
    """The picture in words."""
    middle = "，".join(f"{s.title} {weight(s.bits)}" for s in bars[1:-1])
    return f"起点 {weight(bars[0].end)}；{middle}；合计 {weight(bars[-1].end)}，即可能性 {percent(probability)}"


@dataclass(frozen=True, slots=True)
class _Scale:
    least: float
    most: float

    def x(self, bits: float) -> float:
        """Where a number of bits is drawn."""
        span = (self.most - self.least) or 1.0
        return _LABELS + (bits - self.least) / span * (_WIDTH - _LABELS - _VALUES - 8) + 4


def _grid(scale: _Scale, bottom: int) -> str:
    lines = []
    for chance in _CHANCES:
        bits = math.log2(chance / (1 - chance))
        if scale.least <= bits <= scale.most:
            x = f"{scale.x(bits):.1f}"
            kind = "even" if chance == 0.5 else "mark"
            lines.append(f'<line class="{kind}" x1="{x}" y1="{_TOP}" x2="{x}" y2="{bottom + 6}"/>')
            lines.append(f'<text class="scale" x="{x}" y="{bottom + 20}" text-anchor="middle">{chance:.0%}</text>')
    lines.append(
        f'<text class="scale" x="{_LABELS}" y="{bottom + 38}">横轴：同一主体的可能性，每 1 比特使“是”与“不是”之比翻一倍；'
        f"右为支持，左为反对（斜纹）</text>"
    )
    return "\n".join(lines)


def _bar(scale: _Scale, step: Step, top: int, *, following: bool) -> str:
    left, right = sorted((scale.x(step.begin), scale.x(step.end)))
    middle = top + _ROW / 2
    sign = "prior" if step.kind == "prior" else "total" if step.kind == "total" else _sign(step.bits)
    y = top + (_ROW - _BAR) / 2
    drawn = [
        f'<text class="label" x="{_LABELS - 8}" y="{middle + 4:.0f}" text-anchor="end">{escape(step.title)}</text>',
        f'<rect class="{sign}" x="{left:.1f}" y="{y:.1f}" width="{max(right - left, 1.5):.1f}" height="{_BAR}"/>',
    ]
    if sign == "against":
        drawn.append(_hatching(left, right, y))
    if following:
        x = f"{scale.x(step.end):.1f}"
        drawn.append(f'<line class="link" x1="{x}" y1="{y + _BAR:.1f}" x2="{x}" y2="{y + _ROW:.1f}"/>')
    value = step.end if step.kind != "evidence" else step.bits
    drawn.append(
        f'<text class="value" x="{_WIDTH - 2}" y="{middle + 4:.0f}" text-anchor="end">{weight(value)}</text>'
    )
    return "\n".join(drawn)


def _hatching(left: float, right: float, top: float) -> str:
    """Slanting lines within a bar, drawn one by one: a pattern would need an id of its own."""
    count = int((right - left) // 6)
    ends = ((left + 6 * n, left + 6 * (n + 1)) for n in range(count))
    return "".join(
        f'<line class="hatch" x1="{a:.1f}" y1="{top + _BAR:.1f}" x2="{b:.1f}" y2="{top:.1f}"/>' for a, b in ends
    )


def _sign(bits: float) -> str:
    return "for" if bits > 0 else "against" if bits < 0 else "neutral"
