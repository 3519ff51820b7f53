"""Numbers in names of organisations, written in one way: 第38研究所 is 第三十八研究所, 七一0所 is 710所, 一六八中学 168中学.

Registered names have Chinese numerals, and who types them has digits, or a 0 in between (names of the public register do).
"""

import re

_DIGITS = str.maketrans("〇零○一二三四五六七八九", "000123456789")
_CHINESE = "〇一二三四五六七八九"
_RUN = re.compile("[0-9〇零○一二三四五六七八九十百]+")
_COUNTED = frozenset("局所院中小厂队处冶建分支部店号期库站世医附组社矿连团师")
"""What is counted by the number before it. Elsewhere a short numeral is a word: 三一重工, 四川, 58同城, 3M."""
_FORMAL = str.maketrans("壹贰叁肆伍陆柒捌玖拾", "一二三四五六七八九十")
_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X")
_NAMED_BY_NUMBER = re.compile("(?:[壹贰叁肆伍陆柒捌玖拾]+|(?<![A-Z])[IVX]+)(?=[号期])")
"""Funds are told apart by 壹号 and 贰号, 一期 and II期."""
_ONE = "[1-9一二三四五六七八九]"
_POSITIONAL = re.compile(f"(?:({_ONE})百(?:[零〇](?={_ONE}$)|(?={_ONE}十)))?(?:({_ONE})?(十))?({_ONE})?")


def numerals_in_one_way(text: str) -> str:
    """A folded name, its numbers below a hundred in Chinese and larger ones in digits.

    >>> [numerals_in_one_way(text) for text in ("第38研究所", "七一0所", "第一百零八中学", "中铁4局", "21世纪")]
    ['第三十八研究所', '710所', '第108中学', '中铁四局', '二十一世纪']
    >>> [numerals_in_one_way(text) for text in ("三一重工", "第一百货", "58同城", "八一小学", "百世", "三六零")]
    ['三一重工', '第一百货', '58同城', '八一小学', '百世', '三六零']
    >>> [numerals_in_one_way(text) for text in ("壹号基金", "II期基金", "1期基金", "壹品")]
    ['一号基金', '二期基金', '一期基金', '壹品']
    >>> numerals_in_one_way("廿一世纪")
    '二十一世纪'
    """
    text = text.replace("廿", "二十")
    if "号" in text or "期" in text:
        text = _NAMED_BY_NUMBER.sub(_counted, text)
    return _RUN.sub(_rewritten, text)


def _counted(match: re.Match[str]) -> str:
    run = match.group().translate(_FORMAL)
    return "一二三四五六七八九十"[_ROMAN.index(run)] if run in _ROMAN else run


def without_numbers(text: str) -> tuple[str, tuple[str, ...]]:
    """A text with every number left out, its place kept; and the numbers, however they are written.

    >>> without_numbers("58同城") == without_numbers("五八同城") == ("#同城", ("58",))
    True
    """
    return _RUN.sub("#", text), tuple(number_of(run) or run for run in _RUN.findall(text))


def number_of(run: str) -> str:
    """What a run of numerals may be read as, in digits; '' where it is no number.

    >>> number_of("三十八"), number_of("八一"), number_of("0五五"), number_of("一百零八"), number_of("一百二")
    ('38', '81', '055', '108', '')
    """
    if not {"十", "百"} & {*run}:
        return run.translate(_DIGITS)
    found = _POSITIONAL.fullmatch(run)
    if not found:
        return ""
    hundreds, tens, ten, units = found.groups()
    value = 100 * _digit(hundreds) + 10 * (_digit(tens) or bool(ten)) + _digit(units)
    return str(value)


def _rewritten(match: re.Match[str]) -> str:
    run, text = match.group(), match.string
    number = number_of(run)
    if not number or run == text:
        return run  # 百, or a name that is nothing but a number
    if len(number) > 2:
        return number
    counted = text[: match.start()].endswith("第") or text[match.end() : match.end() + 1] in _COUNTED
    if not counted or number[0] == "0" or (len(run) == 2 and run.isalpha() and "十" not in run):
        return run  # 八一小学 is no eighty-first
    tens, units = divmod(int(number), 10)
    return f"{_CHINESE[tens] if tens > 1 else ''}{'十' if tens else ''}{_CHINESE[units] if units else ''}"


def _digit(numeral: str | None) -> int:
    return int(numeral.translate(_DIGITS)) if numeral else 0
