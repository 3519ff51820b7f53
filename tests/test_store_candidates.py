"""Applicants and listings as people name them on the command line."""

from pathlib import Path

import pytest
from pull_world import World
from sqlalchemy import Engine

from credit_sync.store.candidates import find_applicants

MAPPING = """
title = "项目"
record = "applicant"
key = ["application"]
constants = { system = "kj", role = "leader" }
fields = { application = "编号", name = "姓名" }
"""


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("皖/2018/1", ["张三"]),
        ("皖/2018/1/张三", ["张三"]),
        ("皖/2018/1/李四", []),
        ("2018-2", ["李/四"]),
        ("2018-2/李/四", ["李/四"]),
        ("皖", []),
        ("2", ["李/四"]),
    ],
)
def test_an_applicant_is_found_by_application_and_name(
    engine: Engine, tmp_path: Path, asked: str, names: list[str]
) -> None:
    world = World(engine, tmp_path / "world")
    world.map(MAPPING)
    world.pull("a", {"编号": "皖/2018/1", "姓名": "张三"}, {"编号": "2018-2", "姓名": "李/四"})
    with engine.connect() as connection:
        assert [found.subject.name for found in find_applicants(connection, asked).values()] == names
