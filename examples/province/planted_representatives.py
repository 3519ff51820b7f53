"""Planted cases about the legal representatives of listed companies, who apply in their own name."""

from dataclasses import replace

from examples.province.cases import LIKELY, NO_HIT, Workshop, by_person
from examples.province.lists import Debtor
from examples.province.people import Person, person

LEADER = "项目负责人"


def plant_representatives(workshop: Workshop) -> None:
    """All cases about representatives: reached by number, namesake with another number, nothing but the name."""
    leads = person(workshop.dice, "晏清渠")
    why = "名单所列单位的法定代表人本人负责项目，隐码吻合：经法定代表人提示"
    workshop.add("representative-leads", why, LIKELY, by_person(leads, LEADER), _company_of(workshop, leads))
    same, listed = person(workshop.dice, "李强"), person(workshop.dice, "李强")
    why = "与名单所列单位的法定代表人同名，号码矛盾"
    workshop.add("representative-namesake", why, NO_HIT, by_person(same, LEADER), _company_of(workshop, listed))
    alone = person(workshop.dice, "王磊")
    unnumbered = replace(_company_of(workshop, alone), representative_card="")
    why = "只是与名单所列单位的法定代表人同名，双方都没有号码：不提示，也不算无法核实"
    workshop.add("representative-name-only", why, NO_HIT, by_person(alone, LEADER, ""), unnumbered)


def _company_of(workshop: Workshop, representative: Person) -> Debtor:
    """A case of a company whose representative the court's list names with a masked number."""
    company = replace(workshop.company(), legal_representative=representative.name)
    return workshop.lists.organisation(company, company.uscc, representative=representative)
