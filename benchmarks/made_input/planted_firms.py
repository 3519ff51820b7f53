"""Planted pairs of organisations: codes in every form, damaged names with and without codes, renames, and neighbours."""

import tomllib
from collections.abc import Callable
from functools import partial

from numpy.random import Generator

from benchmarks.made_input import damage
from benchmarks.made_input.damage import Parts
from benchmarks.made_input.numbers import registration_number
from benchmarks.made_input.plants import Kind, Make, Pair, Row, blank
from benchmarks.made_input.words import Words
from credit_sync.shipped import shipped

Change = Callable[[Parts, Generator], str]


def aliases() -> list[tuple[str, str]]:
    """(short form, registered name), one short form for each registered name."""
    text = (shipped("mappings") / "names" / "aliases.toml").read_text(encoding="utf-8")
    by_name = {name: short for short, name in tomllib.loads(text)["aliases"].items()}
    return [(short, name) for name, short in by_name.items()]


def _organisation_code(number: str) -> str:
    return number[8:17]


def _number(shown: Callable[[str], str]) -> Make:
    return lambda me, _o, _r: (me, me | {"identifier": shown(me["identifier"])})


def _registration(me: Row, _other: Row, rng: Generator) -> Pair:
    number = {"identifier": registration_number(rng, int(me["identifier"][2:8]))}
    return me | number, me | number


def _alone(row: Row) -> Row:
    return blank(row, "identifier", "legal_representative", "region")


def _damaged(words: Words, change: Change, *, codes: bool) -> Make:
    def make(me: Row, _other: Row, rng: Generator) -> Pair | None:
        found = damage.parts(me["name"], words)
        if found is None or (name := change(found, rng)) == me["name"]:
            return None
        listed = {"name": name, "identifier": _organisation_code(me["identifier"])}
        return (me, me | listed) if codes else (_alone(me), _alone(me | listed))

    return make


def _of_core(change: Callable[[str, Generator], str]) -> Change:
    return lambda p, rng: p.place + change(p.core, rng) + p.form


def _each(change: Callable[[str, Generator], str]) -> Callable[[str, Generator], str]:
    return lambda core, rng: damage.one_character(core, change, rng)


def _two(core: str, rng: Generator) -> str:
    """Two characters, one by sound, one by shape or sound, in two places."""
    once = damage.one_character(core, damage.by_sound, rng)
    place = next((i for i, (a, b) in enumerate(zip(core, once, strict=True)) if a != b), -1)
    twice = damage.one_character(once, damage.by_shape, rng, avoid=place)
    return twice if sum(a != b for a, b in zip(core, twice, strict=True)) == 2 else core


def _with_brackets(style: str) -> Make:
    def make(me: Row, _other: Row, _rng: Generator) -> Pair | None:
        name = me["name"].replace("(", style[0]).replace(")", style[1])
        return (_alone(me), _alone(me | {"name": name})) if name != me["name"] else None

    return make


def _changed_form(p: Parts, _rng: Generator) -> str:
    return p.place + p.core + ("有限责任公司" if p.form == "有限公司" else "有限公司")


_CHANGES: dict[str, Change] = {
    "full width and blanks": lambda p, _r: f"{p.place}　{p.core} {p.form}",
    "traditional": lambda p, _r: damage.traditional(p.name),
    "place dropped": lambda p, _r: p.core + p.form,
    "form dropped": lambda p, _r: p.place + p.core,
    "form changed": _changed_form,
    "sound": _of_core(_each(damage.by_sound)),
    "shape": _of_core(_each(damage.by_shape)),
    "missing": _of_core(damage.missing),
    "doubled": _of_core(damage.doubled),
    "swapped": _of_core(damage.swapped),
    "two characters": _of_core(_two),
}


def _renamed(side: str) -> Make:
    """The one side knows the other's name as a former name. Without codes."""

    def make(me: Row, other: Row, _rng: Generator) -> Pair:
        applicant, listed = _alone(me), _alone(me | {"name": other["name"]})
        if side == "applicant":
            return applicant | {"former_names": other["name"]}, listed
        return applicant, listed | {"former_names": me["name"]}

    return make


def _by_alias() -> Make:
    """Each alias once: the same organisation listed twice would be two right answers."""
    left = aliases()

    def make(me: Row, _other: Row, _rng: Generator) -> Pair | None:
        if not left:
            return None
        short, registered = left.pop()
        return _alone(me | {"name": short}), _alone(me | {"name": registered})

    return make


def _elsewhere(words: Words, me: Row, _other: Row, rng: Generator) -> Pair | None:
    found = damage.parts(me["name"], words)
    if found is None:
        return None
    places = [n for c, n in words.divisions.items() if c % 10000 and n[:2] != found.place[:2]]
    return _alone(me), _alone(me | {"name": str(rng.choice(places)) + found.core + found.form})


def _other_trade(words: Words, me: Row, _other: Row, rng: Generator) -> Pair | None:
    found = damage.parts(me["name"], words)
    trade = max((t for t in words.trades if found and found.core.endswith(t)), key=len, default="")
    if found is None or not 2 <= len(found.core) - len(trade) <= 4 or not trade:
        return None
    others = [t for t in words.trades if not (set(t) & set(trade))]
    core = found.core[: -len(trade)] + str(rng.choice(others))
    return _alone(me), _alone(me | {"name": found.place + core + found.form})


def _neighbour(words: Words, codes: bool, me: Row, other: Row, rng: Generator) -> Pair | None:
    """Another firm of the place and trade whose brand differs by one character."""
    found = damage.parts(me["name"], words)
    if found is None:
        return None
    brand = damage.one_character(found.core[:2], damage.unlike, rng)
    listed = other | {"name": found.place + brand + found.core[2:] + found.form}
    return (me, listed) if codes else (_alone(me), _alone(listed))


def _branch(words: Words, me: Row, _other: Row, rng: Generator) -> Pair | None:
    found = damage.parts(me["name"], words)
    city = str(
        rng.choice([n.rstrip("市") for c, n in words.divisions.items() if c % 100 == 0 and n.endswith("市")])
    )
    return (_alone(me), _alone(me | {"name": f"{me['name']}{city}分公司"})) if found else None


def _sibling(me: Row, _other: Row, _rng: Generator) -> Pair:
    first, second = (me | {"name": f"{me['name']}{n}分公司"} for n in ("第一", "第三"))
    return _alone(first), _alone(second)


def _other_code(me: Row, other: Row, _rng: Generator) -> Pair:
    return me, other | {"name": me["name"], "identifier": other["identifier"], "region": me["region"]}


def kinds(words: Words) -> tuple[Kind, ...]:
    """Every kind; the words say what is a place."""
    code: dict[str, Callable[[str], str]] = {
        "full": str,
        "organisation code": _organisation_code,
        "organisation code, hyphen": lambda n: f"{n[8:16]}-{n[16]}",
        "full width": damage.full_width,
        "look-alike letters": damage.look_alike_letters,
        "masked 8+4": lambda n: f"{n[:8]}******{n[14:]}",
        "masked organisation code": lambda n: f"{n[8:12]}***{n[15:17]}",
    }
    return (
        *(Kind(f"code {name}", _number(shown), compatible_ids=True) for name, shown in code.items()),
        Kind("registration number", _registration, compatible_ids=True),
        *(
            Kind(f"name {n}, code", _damaged(words, c, codes=True), compatible_ids=True)
            for n, c in _CHANGES.items()
        ),
        *(Kind(f"name {n}", _damaged(words, c, codes=False)) for n, c in _CHANGES.items()),
        Kind("name brackets of full width", _with_brackets("（）")),
        Kind("name brackets of other shape", _with_brackets("〔〕")),
        Kind("renamed, applicant knows", _renamed("applicant")),
        Kind("renamed, list knows", _renamed("list")),
        Kind("alias", _by_alias()),
        Kind("not: other place", partial(_elsewhere, words), same=False, most="clear"),
        Kind("not: other trade", partial(_other_trade, words), same=False, most="clear"),
        Kind("not: neighbour, one character", partial(_neighbour, words, False), same=False, most="possible"),
        Kind("not: neighbour, other code", partial(_neighbour, words, True), same=False, most="clear"),
        Kind("not: same name, other code", _other_code, same=False, most="clear"),
        Kind("not: parent and branch", partial(_branch, words), same=False, most="clear"),
        Kind("not: sibling branches", _sibling, same=False, most="clear"),
    )
