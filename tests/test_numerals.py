"""Numbers in names of organisations: every way of writing one is one way, and nothing else changes."""

from hypothesis import given
from hypothesis import strategies as st

from credit_sync.subjects.numerals import number_of, numerals_in_one_way

DIGITS = "〇一二三四五六七八九"


def in_words(number: int) -> str:
    """As a registered name has it: 三十八, 一百零八, 一百六十八."""
    hundreds, rest = divmod(number, 100)
    tens, units = divmod(rest, 10)
    head = f"{DIGITS[hundreds]}百" if hundreds else ""
    between = "零" if hundreds and not tens else ""
    ten = f"{DIGITS[tens] if tens > 1 or hundreds else ''}十" if tens else ""
    return f"{head}{between}{ten}{DIGITS[units] if units else ''}"


@given(st.integers(1, 999).filter(lambda n: n % 100 or n < 100))
def test_a_counted_number_is_one_in_digits_and_in_words(number: int) -> None:
    written = {str(number), in_words(number)}
    if number > 99:
        written |= {"".join(DIGITS[int(d)] for d in str(number)), in_words(number).replace("零", "〇")}
    assert len({numerals_in_one_way(f"中国电子科技集团公司第{one}研究所") for one in written}) == 1
    assert {number_of(one) for one in written} == {str(number)}


@given(st.integers(1, 999), st.integers(1, 999))
def test_two_numbers_stay_two(one: int, other: int) -> None:
    first, second = (
        numerals_in_one_way(f"第{in_words(n) if n % 100 or n < 100 else n}中学") for n in (one, other)
    )
    assert (first == second) == (one == other)


@given(st.text(alphabet="〇零○一二三四五六七八九十百0123456789第所店A科技", max_size=12))
def test_written_once_it_stays(text: str) -> None:
    once = numerals_in_one_way(text)
    assert numerals_in_one_way(once) == once
