"""Places in names: the short cut that tells most texts to be none, beside the rule."""

from hypothesis import given
from hypothesis import strategies as st

from credit_sync.screening.reference import reference

GAZETTEER = reference().gazetteer
NAMES = sorted({d.name for found in GAZETTEER._by_text.values() for d in found} | {*GAZETTEER._bare_counties})


def is_place(text: str) -> bool:
    """Places one after the other and nothing else, up to where a name has told where it is."""
    if text in GAZETTEER._by_text or text in GAZETTEER._bare_counties:
        return True
    found = GAZETTEER.head(text)
    return found is not None and is_place(text[len(found[0]) : 40])


@given(
    st.lists(st.sampled_from(NAMES), max_size=12).map("".join),
    st.text("鑫源合肥市县省区", max_size=3),
    st.integers(0, 3),
)
def test_a_text_is_a_place_if_it_is_nothing_but_places(places: str, more: str, lost: int) -> None:
    for text in (places + more, places[: len(places) - lost], more + places):
        assert GAZETTEER.is_place(text) == is_place(text)
