"""A line chart of monthly rates as plain geometry, which the template draws as SVG. Pure.

A month without a rate (nothing to divide by, or before the program was first run) breaks the line: it is neither 0 nor
100 percent.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from credit_sync.publishing.rates import Month

WIDTH, HEIGHT = 560, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 10, 12, 40
_TICKS = (0, 25, 50, 75, 100)


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis: its place and its text."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Dot:
    """One month's rate."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Line:
    """One rate over the months: the dots, and unbroken stretches of at least two of them as SVG points."""

    dots: tuple[Dot, ...]
    stretches: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything that is drawn; coordinates in a box of WIDTH by HEIGHT."""

    lines: tuple[Line, ...]
    months: tuple[Tick, ...]
    years: tuple[Tick, ...]
    """Below the first month and below every January."""
    percents: tuple[Tick, ...]
    left: float = _LEFT
    right: float = WIDTH - _RIGHT
    width: int = WIDTH
    height: int = HEIGHT


def trend_chart(months: Sequence[Month], rates: Sequence[Sequence[float | None]]) -> Chart:
    """The chart of several rates (0 to 1, None where there is none), each with a value for every month."""
    step = (WIDTH - _LEFT - _RIGHT) / max(len(months), 1)
    xs = [round(_LEFT + step * (n + 0.5), 1) for n in range(len(months))]
    return Chart(
        lines=tuple(_line(xs, values) for values in rates),
        months=tuple(Tick(x, f"{month.number}月") for x, month in zip(xs, months, strict=True)),
        years=tuple(Tick(xs[n], f"{m.year}") for n, m in enumerate(months) if n == 0 or m.number == 1),
        percents=tuple(Tick(_height(tick / 100), f"{tick}%") for tick in _TICKS),
    )


def _height(rate: float) -> float:
    return round(_TOP + (HEIGHT - _TOP - _BOTTOM) * (1 - rate), 1)


def _line(xs: Sequence[float], values: Sequence[float | None]) -> Line:
    stretches: list[list[Dot]] = [[]]
    for x, value in zip(xs, values, strict=True):
        if value is None:
            stretches.append([])
        else:
            stretches[-1].append(Dot(x, _height(value)))
    return Line(
        dots=tuple(dot for stretch in stretches for dot in stretch),
        stretches=tuple(" ".join(f"{d.x},{d.y}" for d in stretch) for stretch in stretches if len(stretch) > 1),
    )
