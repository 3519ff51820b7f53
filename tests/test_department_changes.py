"""The department gets another name: what is public stays as it is, and what operating.md says of it."""

import shutil
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from credit_sync.settings import Department, Settings
from credit_sync.store.schema import submission
from tests.compliance_world import Row, World
from tests.publishing import DEPARTMENT, MAPPINGS


class Renamed(World):
    """A register whose department may have another name, and whose mapping may name the organ."""

    department = DEPARTMENT
    mappings = MAPPINGS

    @property
    def settings(self) -> Settings:
        return super().settings.model_copy(update={"department": self.department, "mappings": self.mappings})

    def sent(self) -> list[tuple[str, str, str]]:
        """What went out: action, deciding organ, who publishes."""
        c = submission.c
        with self.engine.connect() as connection:
            rows = connection.execute(select(c.action, c.row).where(c.state == "sent").order_by(c.id)).all()
        return [(action, row["XK_XKJG"], row["XK_LYDW"]) for action, row in rows]


@pytest.fixture
def world(engine: Engine, tmp_path: Path) -> Renamed:
    """Two licences in public under the old name."""
    made = Renamed(engine, tmp_path, {})
    made.enter(*(Row(number, "2018-11-01", "2018-10-22") for number in (1, 2)))
    made.night(date(2018, 11, 2))
    made.department = Department(name="安徽省科技厅", uscc=DEPARTMENT.uscc)
    return made


def test_after_another_name_only_what_changes_goes_out(world: Renamed) -> None:
    old, new = DEPARTMENT.name, "安徽省科技厅"
    world.night(date(2018, 11, 3))
    assert world.sent() == [("add", old, old)] * 2
    world.change(2, representative="方以智")
    world.night(date(2018, 11, 4))
    assert world.sent() == [*[("add", old, old)] * 2, ("correct", new, new)]


def test_a_mapping_that_names_the_organ_corrects_what_is_public(world: Renamed, tmp_path: Path) -> None:
    world.mappings = Path(shutil.copytree(MAPPINGS, tmp_path / "mappings"))
    path = world.mappings / "sources" / "animal_use_licence.toml"
    organ = f'authority = "安徽省科技厅"\nauthority_code = "{DEPARTMENT.uscc}"\n'
    text = path.read_text("utf-8")
    assert "[constants]\n" in text
    path.write_text(text.replace("[constants]\n", f"[constants]\n{organ}"), "utf-8")
    world.night(date(2018, 11, 3))
    assert world.sent()[2:] == [("correct", "安徽省科技厅", "安徽省科技厅")] * 2


def test_the_old_name_without_its_code_is_held_back(world: Renamed, tmp_path: Path) -> None:
    world.mappings = Path(shutil.copytree(MAPPINGS, tmp_path / "mappings"))
    path = world.mappings / "sources" / "animal_use_licence.toml"
    path.write_text(
        path.read_text("utf-8").replace("[constants]\n", f'[constants]\nauthority = "{DEPARTMENT.name}"\n'),
        "utf-8",
    )
    world.night(date(2018, 11, 3))
    assert len(world.sent()) == 2
    with world.engine.connect() as connection:
        states = list(connection.scalars(select(submission.c.state).order_by(submission.c.id)))
    assert states == ["sent", "sent", "invalid", "invalid"]
