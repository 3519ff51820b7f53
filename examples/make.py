"""Writes the example province: `python -m examples.make [FOLDER]`, by default over the files of this folder.

The same version writes the same province, byte by byte. What it holds is told in README.md; the planted cases are
also written to planted.toml, which the tests read.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from examples.province import department_files, platform
from examples.province.applications import Applicants, Application, awards, offline, plant, projects
from examples.province.cases import Case, Workshop
from examples.province.decisions import (
    InspectionResult,
    LicenceDecision,
    PatentDecision,
    inspections,
    licence_decisions,
    patent_decisions,
)
from examples.province.dice import Dice
from examples.province.lists import (
    Abnormal,
    Debtor,
    Listed,
    Lists,
    Registry,
    Serious,
    background_debtors,
    background_firms,
)
from examples.province.organisations import OTHER_TRADES, Brands, new_company
from examples.province.planted_file import Asked, write_planted
from examples.province.planted_organisations import plant_organisations
from examples.province.planted_people import plant_people
from examples.province.planted_representatives import plant_representatives
from examples.province.system_database import write_database

HERE = Path(__file__).parent
# How many good rows each source holds; of the applications, how many applications.
DEBTORS, ABNORMAL, SERIOUS = 4000, 800, 200
PROJECTS, AWARDS, OFFLINE = 150, 40, 12
PRODUCTION, USE, PATENT, VISITS, SAMPLES = 40, 90, 40, 60, 40
DAMAGED_PROJECT_ROWS = [("项目组成员", ""), ("技术顾问", "方鼎")]


@dataclass
class Province:
    """Everything, before it is written."""

    cases: list[Case]
    debtors: list[Debtor]
    abnormal: list[Abnormal]
    serious: list[Serious]
    projects: list[Application]
    awards: list[Application]
    offline: list[Application]
    applicants: Applicants
    where: dict[str, Application]
    """Case id -> the application it was planted in."""


def invent() -> Province:
    """The province; nothing is read or written."""
    brands, registry = Brands(), Registry()
    workshop = Workshop(brands, Lists(Dice("planted entries"), registry))
    plant_people(workshop)
    plant_organisations(workshop)
    plant_representatives(workshop)
    cases = workshop.cases
    avoid = {name for case in cases for name in (case.applied.name, case.listed.name)}
    debtors, abnormal, serious = _lists(registry, brands, avoid, cases)
    entries: list[Listed] = [*debtors, *abnormal, *serious]
    avoid |= {name for entry in entries for name in (entry.name, entry.representative)}
    applicants = Applicants(Dice("applicants"), brands, avoid)
    found_projects = projects(Dice("projects"), applicants, PROJECTS)
    found_awards = awards(Dice("awards"), applicants, AWARDS)
    where = plant(cases, found_projects, found_awards)
    found_offline = offline(Dice("offline"), applicants, OFFLINE)
    return Province(
        cases, debtors, abnormal, serious, found_projects, found_awards, found_offline, applicants, where
    )


def _lists(
    registry: Registry, brands: Brands, avoid: set[str], cases: list[Case]
) -> tuple[list[Debtor], list[Abnormal], list[Serious]]:
    dice = Dice("lists")
    lists = Lists(dice, registry)
    planted = [case.listed for case in cases]
    debtors = [entry for entry in planted if isinstance(entry, Debtor)]
    abnormal = [entry for entry in planted if isinstance(entry, Abnormal)]
    serious = [entry for entry in planted if isinstance(entry, Serious)]
    debtors += background_debtors(lists, dice, brands, avoid, DEBTORS - len(debtors))
    firms = background_firms(dice, brands, avoid, ABNORMAL - len(abnormal))
    abnormal += [lists.abnormal(firm, removed=dice.chance(0.3)) for firm in firms]
    firms = background_firms(dice, brands, avoid, SERIOUS - len(serious))
    serious += [lists.serious(firm, removed=dice.chance(0.1)) for firm in firms]
    # On a real list cases stand where their day put them, not where somebody planted them.
    debtors.sort(key=lambda entry: (entry.published, entry.number, entry.name))
    abnormal.sort(key=lambda entry: (entry.listed, entry.number))
    serious.sort(key=lambda entry: (entry.listed, entry.number))
    return debtors, abnormal, serious


def write(province: Province, folder: Path) -> None:
    """All files of the example."""
    for name in ("platform", "awards", "licences", "penalties", "inspections", "recommendations"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    platform.write_json(folder / "platform/debtors.json.gz", platform.debtor_rows(province.debtors))
    platform.write_json(folder / "platform/abnormal.json.gz", platform.abnormal_rows(province.abnormal))
    (folder / "platform/serious.xml").write_bytes(platform.serious_xml(province.serious))
    platform.write_json(folder / "awards/nominations.json", platform.award_rows(province.awards))
    damaged = [(province.projects[0].number, role, name) for role, name in DAMAGED_PROJECT_ROWS]
    write_database(folder / "science_management.db", province.projects, damaged)
    department_files.write_offline(folder / "recommendations", province.offline)
    _write_decisions(invent_decisions(province.applicants), folder)
    asked = asked_contributors(province)
    platform.write_misconduct(
        folder / "platform/misconduct.json", *(participant for _, _, participant, _, _ in asked)
    )
    write_planted(folder / "planted.toml", province.cases, province.where, asked)


def asked_contributors(province: Province) -> list[Asked]:
    """Two contributors that no case is about: the platform has a record of one, and no answer about the other."""
    planted = {case.applied.name for case in province.cases}
    free = [
        (award, participant)
        for award in province.awards
        for participant in award.participants
        if participant.applied.is_person and participant.applied.name not in planted
    ]
    (award, listed), (other, unanswered) = free[0], free[-1]
    return [
        ("asked-listed", award, listed, ["confirmed", "probable"], "逐个查询，平台有这个人的记录"),
        ("asked-unanswered", other, unanswered, ["unverifiable"], "逐个查询，平台的答复是空的，不能当作没有"),
    ]


@dataclass(frozen=True)
class Decisions:
    """What the department decided and found in the year."""

    production: list[LicenceDecision]
    use: list[LicenceDecision]
    patent: list[PatentDecision]
    visits: list[InspectionResult]
    samples: list[InspectionResult]


def invent_decisions(applicants: Applicants) -> Decisions:
    """The decisions and inspections of the year; nothing is written."""
    dice = Dice("decisions")
    holders = [*applicants.universities[:12], *applicants.companies[:20], *applicants.institutes]
    production = licence_decisions(dice, holders[8:30], "S", PRODUCTION)
    use = licence_decisions(dice, holders, "Y", USE)
    brands = applicants.brands
    firms = [new_company(dice, brands.common(), applicants.person().name, OTHER_TRADES) for _ in range(20)]
    people = [applicants.person() for _ in range(6)]
    patent = patent_decisions(dice, firms, people, PATENT)
    visits = inspections(dice, holders, "JC", ["设施环境", "人员资质", "动物来源与质量合格证"], VISITS)
    samples = inspections(dice, holders, "CJ", ["病原菌", "寄生虫", "饲料营养成分", "垫料"], SAMPLES)
    return Decisions(production, use, patent, visits, samples)


def _write_decisions(decisions: Decisions, folder: Path) -> None:
    department_files.write_licences(folder / "licences", decisions.production, decisions.use)
    department_files.write_penalties(folder / "penalties", decisions.patent)
    department_files.write_inspections(folder / "inspections", decisions.visits, decisions.samples)


if __name__ == "__main__":
    write(invent(), Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
