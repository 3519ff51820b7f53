"""The SQLite file that plays the science-management system: three tables, as such a system might keep them."""

import sqlite3
from contextlib import closing
from pathlib import Path

from examples.province.applications import Application

_TABLES = """
CREATE TABLE 项目 (
    项目编号 TEXT PRIMARY KEY, 项目名称 TEXT NOT NULL, 项目类别 TEXT, 年度 INTEGER, 归口处室 TEXT, 阶段 TEXT
);
CREATE TABLE 参与单位 (
    项目编号 TEXT NOT NULL REFERENCES 项目, 序号 INTEGER, 单位类型 TEXT, 单位名称 TEXT, 统一社会信用代码 TEXT,
    曾用名 TEXT, 法定代表人 TEXT, 所在地区 TEXT
);
CREATE TABLE 参与人员 (
    项目编号 TEXT NOT NULL REFERENCES 项目, 序号 INTEGER, 人员类型 TEXT, 姓名 TEXT, 性别 TEXT, 出生日期 TEXT,
    证件类型 TEXT, 证件号码 TEXT, 工作单位 TEXT
);
"""
_LIBRARY_VERSION_AT = 96
_LIBRARY_VERSION = (3_040_001).to_bytes(4, "big")

Damage = tuple[str, str, str]
"""Project number, 人员类型 and 姓名 of a row that must not become a record."""


def write_database(path: Path, projects: list[Application], damaged: list[Damage]) -> None:
    """Writes the file; its header names one and the same SQLite version whichever library wrote it."""
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA page_size = 4096")
        connection.executescript(_TABLES)
        with connection:
            for project in projects:
                _insert(connection, project)
            for number, role, name in damaged:
                row = (number, 9, role, name, "男", "1911-05-04", "身份证", "", "")
                connection.execute("INSERT INTO 参与人员 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    content = bytearray(path.read_bytes())
    content[_LIBRARY_VERSION_AT : _LIBRARY_VERSION_AT + 4] = _LIBRARY_VERSION
    path.write_bytes(content)


def _insert(connection: sqlite3.Connection, project: Application) -> None:
    connection.execute(
        "INSERT INTO 项目 VALUES (?, ?, ?, ?, ?, ?)",
        (project.number, project.title, project.category, 2018, project.department, project.stage),
    )
    for unit in project.units:
        a = unit.applied
        row = (
            project.number,
            unit.rank,
            a.role,
            a.name,
            a.identifier,
            a.former_names,
            a.legal_representative,
            a.region,
        )
        connection.execute("INSERT INTO 参与单位 VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
    for somebody in project.people:
        a = somebody.applied
        born = f"{somebody.born:%Y-%m-%d}" if somebody.born else None
        kind = "身份证" if a.identifier else None
        who = (project.number, somebody.rank, a.role, a.name, a.sex, born, kind, a.identifier, somebody.employer)
        connection.execute("INSERT INTO 参与人员 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", who)
