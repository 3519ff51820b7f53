"""A store as two nights leave it, for the tests of the reports: made-up organisations and people born before 1925."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine

from credit_sync.channel_settings import WorkbookChannel
from credit_sync.publishing.publish import publish
from credit_sync.records import Applicant, ApplicationKind, Listing, Penalty, Record, RecordKind, Role
from credit_sync.screening.screen import screen
from credit_sync.settings import FileSource, Settings
from credit_sync.shipped import shipped
from credit_sync.store import schema
from credit_sync.store.columns import to_columns
from credit_sync.store.ledger import Run
from credit_sync.store.quarantine import BadRow, put
from credit_sync.subjects.identifiers import Identifier, IdentifierKind, citizen_id, masked, uscc
from credit_sync.subjects.subject import Sex, Subject, SubjectKind

FIRST = Run(1, datetime(2018, 12, 3, 2, 0))
SECOND = Run(2, datetime(2018, 12, 4, 2, 0))
THIRD = Run(3, datetime(2018, 12, 6, 2, 0))
SCIENCE = "安徽省科技管理信息系统"
AWARD = "安徽省科学技术奖励网上申报评审系统"

Person = tuple[str, str, int]
"""Region, birth date, serial."""


def person_number(region: str, born: str, serial: int) -> str:
    """A citizen id with a right check digit."""
    first = f"{region}{born}{serial:03}"
    return first + citizen_id.check_digit(first)


def organisation_number(region: str, serial: int) -> str:
    """A USCC with a right check character."""
    first = f"91{region}MA2T{serial:04}K"
    return first + uscc.check_character(first)


FULL_NUMBERS = [
    person_number("340103", "19040312", 117),
    person_number("340221", "19110705", 226),
    person_number("340406", "19191123", 331),
    person_number("340803", "19230208", 458),
]


def organisation(name: str, serial: int | None, representative: str = "", region: str = "安徽省合肥市") -> Subject:
    number = organisation_number("340100", serial) if serial is not None else ""
    return Subject(
        kind=SubjectKind.ORGANISATION,
        name=name,
        identifiers=(Identifier(IdentifierKind.USCC, number),) if number else (),
        legal_representative=representative,
        region=region,
    )


def person(name: str, number: str = "", **details: Any) -> Subject:
    identifiers = (Identifier(IdentifierKind.CITIZEN_ID, number),) if number else ()
    return Subject(kind=SubjectKind.PERSON, name=name, identifiers=identifiers, **details)


def zxgk(number: str) -> str:
    """A citizen id as the debtor list masks it."""
    return masked.project([number], ["1111111111****1111"])[0]


def case(subject: Subject, number: str, organ: str = "合肥市蜀山区人民法院", **details: Any) -> Listing:
    return Listing(
        subject=subject,
        list="dishonest_debtors",
        number=number,
        organ=organ,
        reason="有履行能力而拒不履行生效法律文书确定义务",
        duty="给付货款及利息，承担案件受理费",
        performance="全部未履行",
        listed_on=date(2017, 6, 12),
        published_on=date(2017, 9, 4),
        **details,
    )


def abnormal(subject: Subject, number: str) -> Listing:
    return Listing(
        subject=subject,
        list="abnormal_operations",
        number=number,
        organ="合肥市市场监督管理局",
        reason="未依照《企业信息公示暂行条例》第八条规定的期限公示年度报告",
        listed_on=date(2018, 7, 9),
    )


def entry(application: str, title: str, subject: Subject, role: Role, **details: Any) -> Applicant:
    award = application.startswith("J")
    values: dict[str, Any] = {
        "system": AWARD if award else SCIENCE,
        "application_kind": ApplicationKind.AWARD if award else ApplicationKind.PROJECT,
        "stage": "公示" if award else "形式审查",
        "department": "成果与奖励处" if award else "高新技术处",
        "year": 2018,
    }
    return Applicant(subject=subject, application=application, title=title, role=role, **{**values, **details})


def applicants() -> list[Applicant]:
    """Who applies: true hits by code, by masked number and by name, namesakes, and people nobody asks about."""
    grain = "皖北旱作小麦抗逆高产品种选育与示范"
    robot = "六轴协作机器人减速器精密制造关键技术"
    cells = "柔性钙钛矿光伏组件封装工艺研究与产业化"
    prize = "巢湖蓝藻水华监测预警与应急处置成套技术"
    return [
        entry("1804a09020117", robot, organisation("合肥瀚云精密传动有限公司", 11, "鲍德全"), Role.APPLYING_UNIT),
        entry(
            "1804a09020117",
            robot,
            person("鲍德全", FULL_NUMBERS[0], employer="合肥瀚云精密传动有限公司"),
            Role.LEADER,
        ),
        entry("1804a09020117", robot, organisation("芜湖市启岩机械有限公司", 12, "计春"), Role.COOPERATING_UNIT),
        entry(
            "1804a07020052",
            grain,
            organisation("宿州丰穗种业股份有限公司", 13, "阚文远"),
            Role.APPLYING_UNIT,
            department="农村科技处",
            stage="评审",
        ),
        entry(
            "1804a07020052",
            grain,
            person("阚文远", FULL_NUMBERS[1]),
            Role.LEADER,
            department="农村科技处",
            stage="评审",
        ),
        entry("1804a07020052", grain, person("王伟"), Role.MEMBER, department="农村科技处", stage="评审"),
        entry(
            "1804a09020231", cells, organisation("安徽晶曜光伏科技有限公司", None, "丁守仁"), Role.APPLYING_UNIT
        ),
        entry("1804a09020231", cells, person("李强", region="安徽省", sex=Sex.MALE), Role.MEMBER),
        entry("J2018-0043", prize, organisation("安徽环湖生态监测有限公司", 15, "石敬堂"), Role.COMPLETING_UNIT),
        entry(
            "J2018-0043",
            prize,
            person("仰宗岱", FULL_NUMBERS[2], employer="安徽环湖生态监测有限公司"),
            Role.CONTRIBUTOR,
            rank=1,
        ),
        entry("J2018-0043", prize, person("王伟", FULL_NUMBERS[3]), Role.CONTRIBUTOR, rank=2),
        entry("J2018-0043", prize, organisation("中国科学技术大学", None, region="安徽省"), Role.COMPLETING_UNIT),
    ]


def listings() -> list[Listing]:
    """Who is listed on the first night; the last one is gone on the second."""
    return [
        case(organisation("合肥瀚云精密传动有限公司", 11, "鲍德全"), "（2017）皖0104执1287号"),
        case(organisation("合肥瀚云精密传动有限公司", 11, "鲍德全"), "（2017）皖0104执2045号"),
        case(organisation("合肥瀚云精密传动有限公司", 11, "鲍德全"), "（2018）皖01执366号", "合肥市中级人民法院"),
        case(person("鲍德全", zxgk(FULL_NUMBERS[0]), sex=Sex.MALE), "（2017）皖0104执1287号", age=113),
        case(
            person("王伟", zxgk(person_number("370102", "19020908", 415))),
            "（2018）鲁0102执77号",
            "济南市历下区人民法院",
        ),
        case(
            organisation("安徽晶曜光伏科技股份有限公司", None, "丁守仁"),
            "（2018）皖0111执904号",
            "合肥市包河区人民法院",
        ),
        case(person("李强", region="安徽省", sex=Sex.MALE), "（2016）皖1102执510号", "滁州市琅琊区人民法院"),
        abnormal(organisation("安徽环湖生态监测有限公司", 15, "石敬堂"), "合市监列异〔2018〕第 0412 号"),
        case(organisation("芜湖市启岩机械有限公司", 12, "计春"), "（2016）皖0207执88号", "芜湖市鸠江区人民法院"),
    ]


def later_listings() -> list[Listing]:
    """Who is new on the second night."""
    return [
        case(person("仰宗岱", zxgk(FULL_NUMBERS[2])), "（2018）皖0181执3021号", "巢湖市人民法院"),
    ]


@dataclass(frozen=True)
class Night:
    """A filled store and the settings it belongs to."""

    engine: Engine
    settings: Settings

    def add(self, run: Run, records: Iterable[Record]) -> None:
        """Records of a pull, with their keys."""
        with self.engine.begin() as connection:
            for record in records:
                _insert(connection, run, record)

    def version(self, run: Run, source: str, version: int, **counts: Any) -> None:
        """A source's accepted version."""
        names = [
            "pulled",
            "added",
            "changed",
            "removed",
            "unchanged",
            "duplicates",
            "skipped",
            "quarantined",
            "live",
        ]
        values = dict.fromkeys(names, 0) | {
            "source": source,
            "version": version,
            "run_id": run.id,
            "record": "listing",
            "list": "",
            "delivery": "full",
            "pulled_at": run.as_of,
            "state": "accepted",
            "reason": "",
        }
        self.insert(schema.source_version, **(values | counts))

    def ledger(self, run: Run, name: str, part: str = "", status: str = "done", **values: Any) -> None:
        """One entry of the ledger."""
        entry = {"counts": {}, "problem": "", "finished_at": run.as_of} | values
        self.insert(schema.stage, run_id=run.id, name=name, part=part, status=status, **entry)

    def insert(self, table: Any, **values: Any) -> None:
        """A row."""
        with self.engine.begin() as connection:
            connection.execute(table.insert().values(**values))

    def begin(self, run: Run) -> None:
        """A run begins."""
        times = {"started_at": run.as_of, "finished_at": None}
        self.insert(schema.run, id=run.id, as_of=run.as_of, status="running", options={}, attempts=1, **times)

    def screen(self, run: Run) -> None:
        """Screens for real."""
        screen(self.engine, self.settings, run)


def empty_night(folder: Path, engine: Engine | None = None) -> Night:
    """Tables without rows, in SQLite where no upgraded store is given; reports go to folder/reports."""
    if engine is None:
        engine = create_engine(f"sqlite:///{folder / 'store.db'}")
        schema.metadata.create_all(engine)
    source = {"kind": "file", "folder": folder}
    mappings = {
        "debtors": "dishonest_debtors",
        "abnormal": "abnormal_operations",
        "science": "science_management_applicants",
        "awards": "award_applicants",
    }
    settings = Settings(
        department={"uscc": "11340000002986079G"},
        mappings=shipped("mappings"),
        sources={name: FileSource.model_validate({**source, "mapping": m}) for name, m in mappings.items()},
        channels={"workbook": WorkbookChannel(kind="workbook", folder=folder / "outbox")},
        reports={"folder": folder / "reports"},
        store={"index": folder / "index"},
    )
    return Night(engine, settings)


def two_nights(folder: Path, engine: Engine | None = None) -> Night:
    """The first night reported, the second pulled and screened."""
    night = empty_night(folder, engine)
    night.begin(FIRST)
    night.add(FIRST, [*applicants(), *listings()])
    night.version(FIRST, "debtors", 1, pulled=6843, added=6843, live=6843)
    night.version(FIRST, "abnormal", 1, pulled=2110, added=2110, live=2110)
    night.screen(FIRST)
    night.ledger(FIRST, "report")
    night.begin(SECOND)
    night.add(SECOND, later_listings())
    _remove(night, SECOND, "（2016）皖0207执88号")
    night.version(SECOND, "debtors", 2, pulled=6855, added=14, removed=2, unchanged=6841, live=6855)
    night.version(SECOND, "abnormal", 2, pulled=2110, unchanged=2110, live=2110)
    night.screen(SECOND)
    return night


def _remove(night: Night, run: Run, number: str) -> None:
    listing = schema.listing
    with night.engine.begin() as connection:
        connection.execute(listing.update().where(listing.c.number == number).values(removed_at=run.as_of))


def _insert(connection: Connection, run: Run, record: Record) -> None:
    kind = next(k for k in RecordKind if type(record).__name__.lower() == k.value)
    table = schema.RECORD_TABLES[kind]
    number = len(connection.execute(table.select()).all()) + 1
    head = {
        "id": number,
        "source": "made",
        "key": str(number),
        "version": 1,
        "digest": number.to_bytes(16, "big"),
        "place": "made",
        "row": number,
    }
    times = {"first_seen": run.as_of, "changed_at": run.as_of, "removed_at": None, "warnings": [], "extra": {}}
    connection.execute(table.insert().values(**head, **times, **to_columns(record)))


def troubled_night(folder: Path, engine: Engine | None = None) -> Night:
    """A third night with everything an operator may have to deal with: see tests/test_reports_run.py."""
    night = two_nights(folder, engine)
    night.ledger(SECOND, "report")
    night.begin(THIRD)
    refusal = "原有 6855 条记录，本次少了 6213 条，超过允许的 30%；未采用，沿用上次的数据（确认无误后可用 --accept-shrink 采用）"
    night.version(THIRD, "debtors", 3, state="refused", reason=refusal, pulled=642, unchanged=642, live=6855)
    night.ledger(THIRD, "pull", "debtors", "failed", problem=refusal)
    night.ledger(THIRD, "pull", "abnormal", "failed", problem="接口没有答复：连接超时（30 秒）")
    night.version(THIRD, "science", 1, record="applicant", pulled=9, added=8, quarantined=1, live=8)
    bad = [
        BadRow("f1", "申报主体.xlsx · 第一批", 17, "citizen_id", "340103********1171", "身份证号码校验码不符", {}),
        BadRow(
            "f2", "申报主体.xlsx · 第一批", 23, "role", "<script>alert(1)</script>", "对照表里没有这个角色", {}
        ),
        BadRow(
            "f3", "申报主体.xlsx · 第一批", 31, "role", f"见备注 {FULL_NUMBERS[0]}", "对照表里没有这个角色", {}
        ),
    ]
    with night.engine.begin() as connection:
        put(connection, "science", THIRD, bad)
    night.add(THIRD, [penalty("皖知法处字〔2018〕3号"), penalty("皖知法处字〔2018〕4号", facts="")])
    publish(night.engine, night.settings, THIRD)
    night.screen(THIRD)
    return night


def penalty(number: str, **details: Any) -> Penalty:
    values: dict[str, Any] = {
        "subject": organisation("合肥瀚云精密传动有限公司", 11, "鲍德全"),
        "violation": "假冒专利",
        "facts": "在产品上标注他人专利号",
        "basis": "《中华人民共和国专利法》第六十三条",
        "category": "罚款",
        "content": "罚款 2000 元",
        "fine": Decimal("0.2"),
        "valid_to": date(2099, 12, 31),
        "authority": "安徽省知识产权局",
        "authority_code": "11340000002986079G",
    }
    return Penalty(document_number=number, decided_on=date(2018, 11, 20), **(values | details))
