"""What a planted case is: an applicant as a system has it, a list entry, and what screening ought to say."""

from dataclasses import dataclass, field

from examples.province import numbers
from examples.province.dice import Dice
from examples.province.lists import Listed, Lists
from examples.province.organisations import SCIENCE_TRADES, Brands, Organisation, company_name
from examples.province.people import Person, new_name
from examples.province.places import Place, any_place

HIT = ("confirmed",)
LIKELY = ("confirmed", "probable")
NAME_ONLY = ("probable", "possible")
UNVERIFIABLE = ("unverifiable",)
NO_HIT = ("clear",)
"""No match with this entry at all."""


@dataclass(frozen=True)
class Applied:
    """An applicant as its system writes it."""

    name: str
    identifier: str
    role: str
    sex: str = ""
    former_names: str = ""
    legal_representative: str = ""
    region: str = ""

    @property
    def is_person(self) -> bool:
        """From the role."""
        return self.role in ("项目负责人", "项目组成员", "主要完成人")


@dataclass(frozen=True)
class Case:
    """One planted pair."""

    id: str
    why: str
    expect: tuple[str, ...]
    applied: Applied
    listed: Listed


@dataclass
class Workshop:
    """What cases are made with; hands out brands and numbers."""

    brands: Brands
    lists: Lists
    dice: Dice = field(default_factory=lambda: Dice("planted"))
    cases: list[Case] = field(default_factory=list)

    def add(self, name: str, why: str, expect: tuple[str, ...], applied: Applied, listed: Listed) -> None:
        """Plants a case."""
        self.cases.append(Case(name, why, expect, applied, listed))

    def company(self, **fixed: str) -> Organisation:
        """A company with a reserved brand; parts of its name may be fixed: place, brand, trade, form."""
        place = any_place(self.dice)
        brand = fixed.get("brand") or self.brands.reserved()
        if "trade" in fixed:
            city = fixed.get("city", place.city.removesuffix("市"))
            name = f"{city}{brand}{fixed['trade']}{fixed.get('form', '有限公司')}"
        else:
            name = company_name(self.dice, place, brand, SCIENCE_TRADES)
        return self.organisation(name, place)

    def organisation(self, name: str, place: Place | None = None) -> Organisation:
        """An organisation of this name with a code of its own."""
        place = place or any_place(self.dice)
        return Organisation(name, numbers.new_uscc(self.dice, place.code), place, self.representative())

    def representative(self) -> str:
        """The name of a legal representative."""
        return new_name(self.dice, woman=False)


def by_person(person: Person, role: str, identifier: str | None = None, name: str = "") -> Applied:
    """A person's application."""
    number = person.citizen_id if identifier is None else identifier
    return Applied(name or person.name, number, role, person.sex if number else "")


def by_organisation(
    organisation: Organisation, role: str, identifier: str | None = None, former_names: str = ""
) -> Applied:
    """An organisation's application."""
    return Applied(
        organisation.name,
        organisation.uscc if identifier is None else identifier,
        role,
        former_names=former_names or organisation.former_name,
        legal_representative=organisation.legal_representative,
        region=organisation.place.city,
    )
