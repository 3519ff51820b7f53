"""Planted pairs of persons: identifiers in every form, names in every writing, and namesakes that are not the same."""

from numpy.random import Generator

from benchmarks.made_input import damage
from benchmarks.made_input.numbers import citizen_id_of
from benchmarks.made_input.plants import Kind, Make, Pair, Row, blank

_MINORITY = (
    "买买提·吐尔逊",
    "阿卜杜拉·艾合买提",
    "古丽娜尔·买买提",
    "艾力·卡德尔",
    "热依拉·吐尔地",
    "努尔艾力·托合提",
)


def mask(number: str, pattern: str) -> str:
    """The number as a list with this pattern shows it."""
    n = number
    return {
        "full": n,
        "10+4": f"{n[:10]}****{n[14:]}",
        "6+4": f"{n[:6]}********{n[14:]}",
        "shortened": f"{n[:6]}****{n[14:]}",
        "x": f"{n[:10]}XXXX{n[14:]}",
        "circle": f"{n[:10]}●●●●{n[14:]}",
        "blank": f"{n[:10]}    {n[14:]}",
        "tail": f"{n[:14]}****",
        "4+4": f"{n[:4]}**********{n[14:]}",
        "15": f"{n[:6]}{n[8:10]}****{n[14:17]}",
        "15 full": f"{n[:6]}{n[8:17]}",
    }[pattern]


def _number(pattern: str) -> Make:
    return lambda me, _o, _r: (me, me | {"identifier": mask(me["identifier"], pattern)})


def _written(change: str, pattern: str) -> Make:
    def make(me: Row, _other: Row, rng: Generator) -> Pair | None:
        name = _name(me["name"], change, rng)
        listed = me | {"name": name, "identifier": mask(me["identifier"], pattern) if pattern else ""}
        return (me, listed) if name != me["name"] else None

    return make


def _name(name: str, change: str, rng: Generator) -> str:
    given = name[1:]
    return {
        "traditional": lambda: damage.traditional(name),
        "spaces": lambda: name[0] + "　" + given,
        "latin": lambda: damage.latin(name),
        "lost": lambda: name[:-1] + str(rng.choice(["?", "□", "\ue123"])) if len(name) == 3 else name,
        "bracket": lambda: f"{name}（曾用名{name[0]}{damage.unlike(given[0], rng)}）",
        "sound": lambda: name[0] + damage.one_character(given, damage.by_sound, rng),
        "shape": lambda: name[0] + damage.one_character(given, damage.by_shape, rng) if len(name) == 3 else name,
    }[change]()


def _dots(me: Row, _other: Row, rng: Generator) -> Pair:
    name = str(rng.choice(_MINORITY))
    dot = str(rng.choice(["•", "‧", "・", ".", "", " "]))
    listed = {"name": name.replace("·", dot), "identifier": mask(me["identifier"], "10+4")}
    return me | {"name": name}, me | listed


def _permit(me: Row, _other: Row, rng: Generator) -> Pair:
    region = int(rng.choice([810000, 820000, 830000]))
    number = citizen_id_of(region, me["identifier"][6:14], int(rng.integers(1, 1000)))
    return me | {"identifier": number, "region": ""}, me | {"identifier": mask(number, "10+4"), "region": ""}


def _look_alike(me: Row, _other: Row, _rng: Generator) -> Pair:
    return me, me | {"identifier": damage.look_alike_letters(me["identifier"])}


def _full_width(me: Row, _other: Row, _rng: Generator) -> Pair:
    return me, me | {"identifier": damage.full_width(me["identifier"].lower())}


def _masked_applicant(me: Row, _other: Row, _rng: Generator) -> Pair:
    return me | {"identifier": mask(me["identifier"], "10+4")}, me


def _former(me: Row, _other: Row, rng: Generator) -> Pair:
    old = me["name"][0] + damage.unlike(me["name"][1], rng)
    return me | {"former_names": old}, me | {"name": old, "identifier": mask(me["identifier"], "10+4")}


def _no_number(me: Row, _other: Row, _rng: Generator) -> Pair:
    return me, blank(me, "identifier")


def _asks_without(me: Row, _other: Row, _rng: Generator) -> Pair:
    return blank(me, "identifier"), me | {"identifier": mask(me["identifier"], "10+4")}


def _namesake(pattern: str) -> Make:
    """Another person of that name: the visible places of the number contradict."""

    def make(me: Row, other: Row, _rng: Generator) -> Pair | None:
        hidden = mask(other["identifier"], pattern)
        differs = any(a != b for a, b in zip(mask(me["identifier"], pattern), hidden, strict=True))
        return (me, other | {"name": me["name"], "identifier": hidden}) if differs else None

    return make


def _one_digit(me: Row, _other: Row, rng: Generator) -> Pair | None:
    """A namesake from the same county, born on the same day of another year, with the same serial."""
    n = me["identifier"]
    year = 1900 + (int(n[6:10]) - 1900 + int(rng.integers(1, 25))) % 25
    number = citizen_id_of(int(n[:6]), f"{year}{n[10:14]}", int(n[14:17]))
    return (
        (me, me | {"identifier": mask(number, "10+4")}) if not n.endswith("0229") and n[10:14] != "0229" else None
    )


def _other_homophone(me: Row, other: Row, rng: Generator) -> Pair | None:
    name = me["name"][0] + damage.one_character(me["name"][1:], damage.by_sound, rng)
    return (
        (me, other | {"name": name, "identifier": mask(other["identifier"], "10+4")})
        if name != me["name"]
        else None
    )


_PATTERNS = ("10+4", "6+4", "shortened", "x", "circle", "blank", "tail", "4+4", "15")

KINDS: tuple[Kind, ...] = (
    Kind("id full", _number("full"), compatible_ids=True),
    Kind("id 15 digits", _number("15 full"), compatible_ids=True),
    *(Kind(f"id masked {p}", _number(p), compatible_ids=True) for p in _PATTERNS),
    Kind("id masked, applicant's", _masked_applicant, compatible_ids=True),
    Kind("id residence permit masked", _permit, compatible_ids=True),
    Kind("id look-alike letters", _look_alike, compatible_ids=True),
    Kind("id full width", _full_width, compatible_ids=True),
    Kind("name traditional, masked id", _written("traditional", "10+4"), compatible_ids=True),
    Kind("name dots, masked id", _dots, compatible_ids=True),
    Kind("name spaces, masked id", _written("spaces", "6+4"), compatible_ids=True),
    Kind("name latin, full id", _written("latin", "full"), compatible_ids=True),
    Kind("name latin, masked id", _written("latin", "10+4"), compatible_ids=True),
    Kind("name lost character, masked id", _written("lost", "10+4"), compatible_ids=True),
    Kind("name with old one in brackets, masked id", _written("bracket", "10+4"), compatible_ids=True),
    Kind("name homophone, full id", _written("sound", "full"), compatible_ids=True),
    Kind("name homophone, masked id", _written("sound", "10+4"), compatible_ids=True),
    Kind("name look-alike, masked id", _written("shape", "10+4"), compatible_ids=True),
    Kind("name former, masked id", _former, compatible_ids=True),
    Kind("name only, listing without id", _no_number, least="unverifiable"),
    Kind("name only, applicant without id", _asks_without, least="unverifiable"),
    Kind("name traditional, no id", _written("traditional", ""), least="unverifiable"),
    Kind("name spaces, no id", _written("spaces", ""), least="unverifiable"),
    Kind("not: namesake, other full id", _namesake("full"), same=False, most="clear"),
    Kind("not: namesake, masked id contradicts", _namesake("10+4"), same=False, most="clear"),
    Kind("not: namesake, 6+4 contradicts", _namesake("6+4"), same=False, most="clear"),
    Kind("not: namesake, only the year differs", _one_digit, same=False, most="clear"),
    Kind("not: homophone, masked id contradicts", _other_homophone, same=False, most="clear"),
)
