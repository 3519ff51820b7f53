"""Pictures of numbers: the waterfall of evidence and a list over time. They add up, and are well-formed whatever comes."""

import math
import re
from datetime import datetime, timedelta
from xml.etree import ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st

from credit_sync.reporting.list_chart import Point, list_chart
from credit_sync.reporting.waterfall import described, steps, waterfall

BITS = st.floats(-60, 60, allow_nan=False)
TITLES = st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn")), max_size=12)
EVIDENCE = st.lists(st.tuples(TITLES, BITS), max_size=8)


def numbers_of(picture: str, tag: str, *names: str) -> list[tuple[float, ...]]:
    root = ElementTree.fromstring(picture)
    return [tuple(float(e.get(name, "nan")) for name in names) for e in root.iter(tag)]


@settings(deadline=None)
@given(st.floats(-40, 0), EVIDENCE)
def test_steps_add_up(prior: float, evidence: list[tuple[str, float]]) -> None:
    first, *middle, total = steps(prior, evidence)
    assert (first.begin, first.end, total.begin) == (0.0, prior, 0.0)
    reached = prior
    for step, (title, bits) in zip(middle, evidence, strict=True):
        assert (step.title, step.begin) == (title, reached)
        reached += bits
        assert math.isclose(step.bits, bits, abs_tol=1e-9)
    assert math.isclose(total.end, reached, abs_tol=1e-9)


@settings(deadline=None)
@given(st.floats(-40, 0), EVIDENCE, st.floats(0, 1))
def test_the_picture_is_well_formed_and_within_its_frame(
    prior: float, evidence: list[tuple[str, float]], probability: float
) -> None:
    picture = str(waterfall(prior, evidence, probability, name='x"><script>'))
    root = ElementTree.fromstring(picture)
    width, height = (float(n) for n in root.get("viewBox", "").split()[2:])
    bars = numbers_of(picture, "rect", "x", "y", "width", "height")
    assert len(bars) == len(evidence) + 2
    for x, y, w, h in bars:
        assert 0 <= x <= x + w <= width
        assert 0 <= y <= y + h <= height
    assert [child.tag for child in list(root)[:2]] == ["title", "desc"]
    assert "style=" not in picture
    assert "script>" not in picture


def test_for_and_against_are_told_without_colour() -> None:
    picture = str(waterfall(-27.6, [("姓名", 12.1), ("性别", -8.0)], 0.9, name="a"))
    assert picture.count('class="hatch"') > 3
    assert 'class="for"' in picture
    assert 'class="against"' in picture
    assert ">+12.1<" in picture
    assert ">−8.0<" in picture
    text = described(steps(-27.6, [("姓名", 12.1), ("性别", -8.0)]), 0.9)
    assert text == "起点 −27.6；姓名 +12.1，性别 −8.0；合计 −23.5，即可能性 90.0%"
    assert text in picture


COUNTS = st.integers(0, 5_000_000)


@settings(deadline=None)
@given(st.lists(st.tuples(COUNTS, COUNTS, COUNTS), max_size=70))
def test_a_list_over_time(values: list[tuple[int, int, int]]) -> None:
    day = datetime(2018, 11, 1, 2)
    points = [Point(day + timedelta(days=n), *found) for n, found in enumerate(values)]
    picture = str(list_chart(points, title="<失信>", name="c"))
    if not points:
        assert picture == ""
        return
    root = ElementTree.fromstring(picture)
    width, height = (float(n) for n in root.get("viewBox", "").split()[2:])
    for x, y, w, h in numbers_of(picture, "rect", "x", "y", "width", "height"):
        assert 0 <= x <= x + w <= width
        assert 0 <= y <= y + h <= height
    assert len(numbers_of(picture, "circle", "cx", "cy")) == len(points)
    bars = sum(bool(came) + bool(went) for _, came, went in values)
    assert len(numbers_of(picture, "rect", "x")) == bars
    assert len(re.findall(r">\d\d-\d\d<", picture)) <= 9
