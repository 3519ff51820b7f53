"""What a command loads before it works: a look-up has a second, start-up included."""

import subprocess
import sys
from pathlib import Path

import click
import pytest

from credit_sync.cli import credit_sync
from tests.night import Night

_LOADED = """
import sys
from credit_sync.cli import main
try:
    main()
except SystemExit as ended:
    assert ended.code in (0, None), ended.code
print(*(name for name in sys.modules), file=sys.stderr)
"""


def loaded_by(night: Night, *arguments: str) -> set[str]:
    ended = subprocess.run(
        [sys.executable, "-c", _LOADED, *arguments], cwd=night.folder, capture_output=True, text=True, check=True
    )
    return set(ended.stderr.split())


@pytest.mark.parametrize("name", credit_sync.list_commands(click.Context(credit_sync)))
def test_the_list_of_commands_says_of_each_what_its_own_help_begins_with(name: str) -> None:
    context = click.Context(credit_sync)
    command = credit_sync.get_command(context, name)
    assert command is not None
    assert dict(credit_sync.rows(context))[name] == command.get_short_help_str(limit=80)


def test_the_list_of_commands_loads_none_of_them(first_night: Night) -> None:
    loaded = loaded_by(first_night, "--help")
    assert "click" in loaded
    assert not {"sqlalchemy", "pydantic", "numpy", "structlog", "credit_sync.settings"} & loaded


def test_a_look_up_loads_nothing_that_only_nights_reports_and_the_desk_need(
    first_night: Night, tmp_path: Path
) -> None:
    night = first_night.copy(tmp_path / "night")  # a look-up is put on record
    loaded = loaded_by(night, "lookup", "--name", "屈怀瑾", "--reason", "试一试")
    assert "credit_sync.lookup" in loaded
    too_much = {
        "structlog",
        "alembic",
        "openpyxl",
        "xlsxwriter",
        "jinja2",
        "requests",
        "fastapi",
        "chinese_calendar",
    }
    assert not too_much & loaded


@pytest.mark.parametrize(
    "what",
    [
        "'340100190001040017'",
        "['340100190001040017']",
        "340100190001040017",
        "{'x': ValueError('340100190001040017')}",
    ],
)
def test_an_event_is_written_as_json_with_numbers_hidden(what: str) -> None:
    """The first event sets logging up, from whatever part of the program it comes."""
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            f"from credit_sync.logs import configure, log; configure(); log.info('读到', what={what})",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout == ""
    assert '"event": "读到"' in said.stderr
    assert "340100********0017" in said.stderr
    assert "190001" not in said.stderr
