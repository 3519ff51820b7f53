"""A gate as the tests need it: the desk's store after two nights with one clean application, and bodies to post."""

import json
import shutil
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, update

from credit_sync.gate import Gate
from credit_sync.records import Applicant, Role
from credit_sync.screening.measures import Effect, Measure
from credit_sync.shipped import shipped
from credit_sync.store import schema
from credit_sync.subjects.identifiers import Identifier, IdentifierKind
from tests.report_night import (
    AWARD,
    SCIENCE,
    SECOND,
    Night,
    entry,
    organisation,
    person,
    person_number,
    two_nights,
)

AT = datetime(2018, 12, 4, 9, 30)
CLEAN = "1804a09020999"
"""An application that nothing is found against."""
CLEAN_NUMBER = person_number("341021", "19150602", 512)
_FIELDS = {
    IdentifierKind.USCC: "uscc",
    IdentifierKind.ORGANISATION_CODE: "organisation_code",
    IdentifierKind.REGISTRATION_NUMBER: "registration_number",
    IdentifierKind.CITIZEN_ID: "citizen_id",
}


_BEGINS = "\n[[measure]]\n"


def clean_application() -> list[Applicant]:
    title = "黄山毛峰茶机械化采摘关键技术"
    return [
        entry(CLEAN, title, organisation("黄山云岫茶业机械有限公司", 77, "蔚从周"), Role.APPLYING_UNIT),
        entry(CLEAN, title, person("蔚从周", CLEAN_NUMBER), Role.LEADER),
    ]


def gate_night(folder: Path, engine: Engine | None = None) -> Night:
    """Two nights, the clean application screened with the second."""
    night = two_nights(folder, engine)
    night.add(SECOND, clean_application())
    night.screen(SECOND)
    applicant = schema.applicant
    for source, system in (("science", SCIENCE), ("awards", AWARD)):
        night.version(SECOND, source, 1, record="applicant")
        with night.engine.begin() as connection:
            connection.execute(update(applicant).where(applicant.c.system == system).values(source=source))
    return night


def gate_of(night: Night) -> Gate:
    """A gate over it."""
    return Gate(night.settings)


def set_flag(night: Night, number: int, state: str, effect: Effect) -> Gate:
    """As officers and the measures in force leave a flag; a gate by these measures."""
    flag, folder = schema.flag, night.settings.store.index.parent / "mappings"
    shutil.copytree(shipped("mappings"), folder, dirs_exist_ok=True)
    measure = Measure(effect=effect, title="某措施", basis="某条", text="照办")
    put_first(folder, measure, only=True)
    with night.engine.begin() as connection:
        connection.execute(update(flag).where(flag.c.id == number).values(state=state, measure=measure.stored()))
    return Gate(night.settings.model_copy(update={"mappings": folder}))


def put_first(folder: Path, measure: Measure, *, only: bool = False) -> None:
    """Writes a measure before the others of a file, or as the only one."""
    path = folder / "measures.toml"
    text = path.read_text("utf-8")
    lists, *others = text.split(_BEGINS)
    first = measure.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    lines = "\n".join(f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in first.items())
    others = [] if only else others
    path.write_text(_BEGINS.join((lists, f"{lines}\n", *others)), "utf-8")


def body_of(applicants: Iterable[Applicant], **changed: Any) -> dict[str, Any]:
    """What an application system posts about the same applicants."""
    found = list(applicants)
    first = found[0]
    said = {
        "system": first.system,
        "application": first.application,
        "application_kind": first.application_kind.value,
        "stage": first.stage,
        "applicants": [_applicant(each) for each in found],
    }
    return said | changed


def _applicant(found: Applicant) -> dict[str, Any]:
    subject = found.subject
    said: dict[str, Any] = {
        "role": found.role.value,
        "name": subject.name,
        "kind": subject.kind.value,
        "former_names": list(subject.former_names),
        "legal_representative": subject.legal_representative,
        "sex": subject.sex.value if subject.sex else None,
        "birth_year": subject.birth_year,
        "region": subject.region,
        "employer": subject.employer,
    }
    return said | {_FIELDS.get(number.kind, "identifier"): number.value for number in subject.identifiers}


def without_number(found: Applicant) -> Applicant:
    return replace(found, subject=replace(found.subject, identifiers=()))


def with_bad_number(found: Applicant) -> Applicant:
    """One character wrong: the check fails."""
    number = found.subject.identifiers[0]
    wrong = Identifier(number.kind, number.value[:-1] + ("X" if number.value[-1] != "X" else "1"), valid=False)
    return replace(found, subject=replace(found.subject, identifiers=(wrong,)))


__all__ = [
    "AT",
    "CLEAN",
    "SCIENCE",
    "body_of",
    "clean_application",
    "gate_night",
    "gate_of",
    "put_first",
    "set_flag",
]
