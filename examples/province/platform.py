"""What the example server answers with: the lists, what it says of single persons, the award system's nominations."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from examples.province import numbers
from examples.province.applications import Application, Participant
from examples.province.lists import Abnormal, Debtor, Serious


def write_json(path: Path, items: Sequence[Any]) -> None:
    """A list of rows, compressed when the name says so (without the time of day, so always the same)."""
    lines = ",\n".join(json.dumps(item, ensure_ascii=False, separators=(",", ":")) for item in items)
    content = f"[\n{lines}\n]\n".encode()
    path.write_bytes(gzip.compress(content, 9, mtime=0) if path.suffix == ".gz" else content)


def debtor_rows(debtors: Sequence[Debtor]) -> list[dict[str, Any]]:
    """As the court's list has them; the last has lost its name."""
    rows = [debtor.row(record) for record, debtor in enumerate(debtors, 1)]
    nameless = {**rows[-1], "id": 79_999_999, "iname": "", "caseCode": "（2018）皖0104执99999号"}
    return [*rows, nameless]


def abnormal_rows(entries: Sequence[Abnormal]) -> list[Any]:
    """As the publicity system has them, with a day that is none and a line that is no row."""
    rows: list[Any] = [entry.row(record) for record, entry in enumerate(entries, 1)]
    undated = {**rows[-1], "dedocnum": "蜀山市监异列〔2018〕999号", "abntime": "2018-02-30"}
    return [*rows, undated, "导出中断，以下从略"]


def serious_xml(entries: Sequence[Serious]) -> bytes:
    """The exchange copy: XML in GB18030, with an entry without name."""
    rows = [entry.row(record) for record, entry in enumerate(entries, 1)]
    rows.append({**rows[-1], "illid": "99999999", "entname": "", "dedocnum": "包河市监严列〔2018〕999号"})
    items = "\n".join(
        "<item>" + "".join(f"<{key}>{escape(str(value))}</{key}>" for key, value in row.items()) + "</item>"
        for row in rows
    )
    text = f'<?xml version="1.0" encoding="GB18030"?>\n<result>\n<code>0</code>\n<list>\n{items}\n</list>\n</result>\n'
    return text.encode("gb18030")


def write_misconduct(path: Path, listed: Participant, unanswered: Participant) -> None:
    """A list that can only be asked: whom it holds, and about whom the platform gives no answer."""
    row = {
        "xm": listed.applied.name,
        "zjhm": numbers.hide_month_and_day(listed.applied.identifier),
        "gzdw": listed.employer,
        "wh": "国科诚处〔2018〕7号",
        "sxxw": "论文数据造假",
        "cljg": "科学技术部",
        "clrq": "2018-06-11",
        "jsrq": "2099-12-31",
    }
    content = {"rows": [row], "unanswered": [unanswered.applied.name]}
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8", newline="\n")


def award_rows(awards: Sequence[Application]) -> list[dict[str, Any]]:
    """Nominations with their ranked units and people; the last has an unnamed person."""
    rows = [_award(award) for award in awards]
    rows[-1]["participants"].append(
        {"participantType": "个人", "roleName": "主要完成人", "rank": 9, "fullName": ""}
    )
    return rows


def _award(award: Application) -> dict[str, Any]:
    return {
        "awardNo": award.number,
        "projectName": award.title,
        "awardType": award.category,
        "awardYear": 2018,
        "stageName": award.stage,
        "officeName": award.department,
        "participants": [
            {
                "participantType": "个人" if p.applied.is_person else "单位",
                "roleName": p.applied.role,
                "rank": p.rank,
                "fullName": p.applied.name,
                "certificateType": _certificate(p.applied.is_person, p.applied.identifier),
                "certificateNo": p.applied.identifier,
                "formerNames": p.applied.former_names,
                "legalPerson": p.applied.legal_representative,
                "gender": p.applied.sex,
                "birthday": f"{p.born:%Y/%m/%d}" if p.born else "",
                "workUnit": p.employer,
                "regionName": p.applied.region,
            }
            for p in award.participants
        ],
    }


def _certificate(person: bool, number: str) -> str:
    if not number:
        return ""
    return "身份证" if person else "统一社会信用代码"
