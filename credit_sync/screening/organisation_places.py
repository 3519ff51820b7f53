"""Whether the places in two names of organisations are the same, and told apart."""

from credit_sync.subjects.organisation_names import OrganisationName


def innermost_place_is_shared(x: OrganisationName, y: OrganisationName) -> bool:
    """安徽省合肥市 and 合肥市: the innermost place is the same; 安徽省 and 合肥市 are two places."""
    return bool({d.code for d in x.divisions[-1]} & {d.code for d in y.divisions[-1]})


def innermost_place_was_the_other(x: OrganisationName, y: OrganisationName) -> bool:
    """狮子山区, merged into 铜官区; 六安市寿县, today 淮南市寿县. There may have been another firm of the name there before."""
    return any(d.became_the(e) for d in x.divisions[-1] for e in y.divisions[-1])


def innermost_place_is_within(x: OrganisationName, y: OrganisationName) -> bool:
    """雨山区 and 马鞍山市: the one is a county or district of the other, a city."""
    cities = [{d.city for d in name.divisions[-1]} for name in (x, y)]
    own = [{d.code for d in name.divisions[-1]} for name in (x, y)]
    return bool(cities[0] & own[1] or cities[1] & own[0])


def places_conflict(x: OrganisationName, y: OrganisationName) -> bool:
    """吉林省 against 吉林市, 长治市 against 长治县: equal once the suffix is dropped, yet two places.

    Written without a suffix a place may be any of that name, former ones too.
    """
    if not x.codes or not y.codes or x.codes & y.codes:
        return False
    written, shorts = zip(*((set(n.places), {c[0].short for c in n.divisions}) for n in (x, y)), strict=True)
    without_suffix = any(names & short for names, short in zip(written, shorts, strict=True))
    return not (without_suffix and shorts[0] & shorts[1])


def place_of(name: OrganisationName) -> str:
    """The place that a name begins with, as written."""
    return "".join(name.places)
