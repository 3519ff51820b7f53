"""Records, rows and stores for the publishing tests. Organisations and persons are made up."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from hashlib import blake2b
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, select, update

from credit_sync.channel_settings import Channel, WorkbookChannel
from credit_sync.publishing.rows import kind_of
from credit_sync.publishing.standard import load_standard
from credit_sync.publishing.values import Published, Reporting
from credit_sync.records import Licence, Penalty
from credit_sync.settings import Department, FileSource, Settings, Store
from credit_sync.shipped import shipped
from credit_sync.store.columns import to_columns
from credit_sync.store.schema import RECORD_TABLES
from credit_sync.subjects.identifiers import Identifier, IdentifierKind, SubjectKind, citizen_id, uscc
from credit_sync.subjects.subject import Subject

TODAY = date(2018, 11, 30)
DEPARTMENT = Department(
    name="安徽省科学技术厅", uscc="11340000MB0TUXY34" + uscc.check_character("11340000MB0TUXY34")
)
REPORTING = Reporting(DEPARTMENT, TODAY)
MAPPINGS = shipped("mappings")
EDITION_2018 = load_standard(MAPPINGS, "2018")
EDITION_2018_SFZH = load_standard(MAPPINGS, "2018_sfzh")
EDITION_2016 = load_standard(MAPPINGS, "2016")


def code(first_seventeen: str) -> Identifier:
    """A unified social credit code with its right check character."""
    return Identifier(IdentifierKind.USCC, first_seventeen + uscc.check_character(first_seventeen))


def person_number(first_seventeen: str) -> Identifier:
    return Identifier(IdentifierKind.CITIZEN_ID, first_seventeen + citizen_id.check_digit(first_seventeen))


ORGANISATION = Subject(
    kind=SubjectKind.ORGANISATION,
    name="合肥青檀实验动物有限公司",
    identifiers=(code("91340100MA2TUXY12"),),
    legal_representative="程砚秋",
)
TRADER = replace(ORGANISATION, name="庐阳区青檀饲料店", identifiers=(code("92340100MA2TUXY12"),))
PERSON = Subject(kind=SubjectKind.PERSON, name="汪墨林", identifiers=(person_number("34010019000104001"),))

LICENCE = Licence(
    subject=ORGANISATION,
    document_number="皖科动许〔2018〕1号",
    decided_on=date(2018, 11, 26),
    document_title="实验动物使用许可决定书",
    licence_name="实验动物使用许可证",
    licence_number="SYXK(皖)2018-001",
    category="普通",
    content="屏障环境（SPF级小鼠，设施面积120㎡）",
    valid_from=date(2018, 11, 26),
    valid_to=date(2023, 11, 25),
)
PENALTY = Penalty(
    subject=ORGANISATION,
    document_number="皖知罚字〔2018〕1号",
    decided_on=date(2018, 11, 26),
    violation="假冒专利",
    facts="在产品包装上标注已经终止的专利号",
    basis="《中华人民共和国专利法》第六十三条",
    category="没收违法所得；罚款",
    content="没收违法所得 2000 元，罚款 4000 元",
    fine=Decimal("0.4"),
    confiscated=Decimal("0.2"),
    valid_to=date(2019, 11, 25),
)


def settings(folder: Path, **channels: Channel) -> Settings:
    """A configuration with these channels, or one of workbooks; its sources are not used."""
    return Settings(
        department=DEPARTMENT,
        store=Store(url="sqlite:///store.db"),
        mappings=MAPPINGS,
        sources={"register": FileSource(kind="file", mapping="animal_use_licence", folder=folder)},
        channels=channels or {"anhui": WorkbookChannel(kind="workbook", folder=Path("outbox"))},
    ).model_copy(update={"base": folder})


def store_record(connection: Connection, record_id: int, record: Published, **changes: Any) -> None:
    """Puts a record, or its next version, into the store as a pull does."""
    table = RECORD_TABLES[kind_of(record)]
    values: dict[str, Any] = to_columns(record) | {"changed_at": datetime(2018, 11, 30, 2), "removed_at": None}
    values |= changes
    version = connection.scalar(select(table.c.version).where(table.c.id == record_id))
    if version is not None:
        connection.execute(update(table).where(table.c.id == record_id).values(version=version + 1, **values))
        return
    first = {"id": record_id, "version": 1, "source": "register", "key": f"{record_id}", "digest": b"0" * 16}
    first |= {"first_seen": datetime(2018, 11, 30, 2), "place": "register.xlsx", "row": record_id}
    connection.execute(insert(table).values(**first | values, warnings=[], extra={}))


def record_key(kind: str, record_id: int) -> str:
    """What a record of `store_record` is known by in all its versions, on both sides."""
    return f"anhui/{kind}/{blake2b(f'{kind}/register/{record_id}'.encode(), digest_size=8).hexdigest()}"


def many(count: int) -> Sequence[Published]:
    """Licences and penalties, one after the other, every seventh with an error."""
    wrong = replace(
        ORGANISATION, identifiers=(Identifier(IdentifierKind.USCC, "91340100MA2TUXY120", valid=False),)
    )
    subjects = [wrong if n % 7 == 6 else ORGANISATION for n in range(count)]
    return [
        replace(LICENCE, subject=subject, document_number=f"皖科动许〔2018〕{n}号")
        if n % 2
        else replace(PENALTY, subject=subject, document_number=f"皖知罚字〔2018〕{n}号")
        for n, subject in enumerate(subjects)
    ]
