"""The documentation is true: examples run as shown, nothing is missing, every link and path leads somewhere."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from credit_sync import channel_settings, desk_settings, http_settings, settings, system_settings, tell_settings
from credit_sync.cli import credit_sync
from credit_sync.interfaces import notation
from credit_sync.publishing import deadline_rules, number_series
from credit_sync.publishing.channels import api_mapping
from credit_sync.sources import mapping
from credit_sync.sources.target_fields import SUBJECT_FIELDS, TARGET_FIELDS, TargetField
from credit_sync.write_back import mapping as notices
from examples.server import PORT, demo_secrets
from tests.commands import Command
from tests.markdown import blocks, fits, links, rows, sections
from tests.night import ROOT

DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.glob("*.md"), *(ROOT / "ops").glob("*.md"), ROOT / "examples/README.md"])
RUN = ["README.md", "docs/commands.md", "docs/operating.md"]
STAYING = "credit-sync daemon --at 02:00"


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


# --- examples run as shown ----------------------------------------------------------------------------------


def started(folder: Path, command: str) -> Command:
    return Command(*shlex.split(command)[1:], folder=folder, environment=demo_secrets())


def run_until_it_says(folder: Path, command: str, expected: str) -> None:
    """For a command that stays until it is killed; five minutes of something else are too long."""
    staying = started(folder, command)
    checks = iter(range(6000))
    while not fits(expected, staying.said()[1]):
        assert staying.wait(0.05) is None and next(checks, None) is not None, f"{command}\n{staying.said()}"
    staying.kill()


def run_in(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    """A command as a reader types it, in the environment of this test; without a shell when it needs none."""
    if command.startswith("credit-sync ") and not set(command) & set("|&;<>$*"):
        return started(folder, command).ended()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | demo_secrets() | {"PATH": path}
    return subprocess.run(
        ["bash", "-c", command],
        check=False,
        cwd=folder,
        env=environment,
        text=True,
        capture_output=True,
        timeout=300,
    )


@pytest.fixture(scope="module")
def after_a_night(province_address: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as after `make run`: configuration, mappings, the examples, and one night's results."""
    folder = tmp_path_factory.mktemp("docs") / "night"
    folder.mkdir()
    shutil.copytree(ROOT / "mappings", folder / "mappings")
    (folder / "examples").symlink_to(ROOT / "examples")
    config = read("config.example.toml").replace(f"http://127.0.0.1:{PORT}", province_address)
    (folder / "config.toml").write_text(config, encoding="utf-8")
    night = run_in(folder, "credit-sync run")
    assert night.returncode == 0, night.stderr
    (folder / "night.txt").write_text(night.stdout, encoding="utf-8")
    return folder


@pytest.mark.parametrize("page", RUN)
def test_examples_run_as_shown(after_a_night: Path, tmp_path: Path, page: str) -> None:
    folder = tmp_path / "here"
    shutil.copytree(after_a_night, folder, symlinks=True)
    problems = []
    for block in blocks(read(page)):
        if block.marker:
            path = folder / block.path
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a" if block.marker == "append" else "w", encoding="utf-8") as file:
                file.write(block.text)
        if block.info == "console":
            for command, expected in block.commands():
                if command == STAYING:
                    run_until_it_says(folder, command, expected)
                    continue
                done = run_in(folder, command)
                if not fits(expected, done.stdout):
                    problems.append(f"{command}\n--- shown\n{expected}\n--- got\n{done.stdout}")
                if done.returncode:
                    problems.append(f"{command}\nended with {done.returncode}: {done.stderr}")
    assert not problems, "\n\n".join(problems)


def test_the_night_in_the_readme_is_the_night(after_a_night: Path) -> None:
    shown = next(block.text for block in blocks(read("README.md")) if block.info == "text")
    assert fits(shown, (after_a_night / "night.txt").read_text(encoding="utf-8"))


def test_both_readmes_show_the_same() -> None:
    english, chinese = (read(name) for name in ("README.md", "README.zh-CN.md"))
    assert blocks(english) == blocks(chinese)
    pages = {"README.md", "README.zh-CN.md"}
    assert [t for t in links(ROOT / "README.md") if t not in pages] == [
        t for t in links(ROOT / "README.zh-CN.md") if t not in pages
    ]
    assert len(re.findall(r"^#+ ", english, re.MULTILINE)) == len(re.findall(r"^#+ ", chinese, re.MULTILINE))


# --- every command and option -------------------------------------------------------------------------------


def commands(group: click.Group, name: str = "credit-sync") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    yield name, group
    for part in group.list_commands(context):
        command = group.get_command(context, part)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, f"{name} {part}")
        else:
            yield f"{name} {part}", command


COMMANDS = dict(commands(credit_sync))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_explained(name: str) -> None:
    command = COMMANDS[name]
    assert command.help
    section = sections(read("docs/commands.md")).get(name)
    assert section is not None, f"docs/commands.md has no section {name}"
    described = rows(section)
    examples = [typed for block in blocks(section) if block.info == "console" for typed, _ in block.commands()]
    shown = " ".join(examples)
    if not isinstance(command, click.Group):
        assert f"{name} " in f"{shown} ", f"no example of {name}"
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            option = max(parameter.opts, key=len)
            assert parameter.help, f"{name} {option} has no help"
            if option != "--config" or name == "credit-sync":  # the same everywhere, explained once
                assert any(option in cell for cell in described), (
                    f"docs/commands.md: {name} does not explain {option}"
                )
                assert set(parameter.opts) & set(shown.split()), f"docs/commands.md: no example of {name} {option}"


# --- every key ----------------------------------------------------------------------------------------------


def models(module: ModuleType) -> list[type[BaseModel]]:
    """The public tables of a module's TOML files."""
    found = [value for value in vars(module).values() if isinstance(value, type) and issubclass(value, BaseModel)]
    return [model for model in found if model.__module__ == module.__name__ and not model.__name__.startswith("_")]


PLACES: dict[str, tuple[str, str]] = {
    "Settings": ("operating", "Top level"),
    "Department": ("operating", "[department]"),
    "Store": ("operating", "[store]"),
    "Reports": ("operating", "[reports]"),
    "HttpSource": ("operating", 'kind = "http"'),
    "DatabaseSource": ("operating", 'kind = "database"'),
    "FileSource": ("operating", 'kind = "file"'),
    "PagePaging": ("operating", 'paging, style = "page"'),
    "OffsetPaging": ("operating", 'paging, style = "offset"'),
    "CursorPaging": ("operating", 'paging, style = "cursor"'),
    "BearerAuth": ("operating", 'auth, style = "bearer"'),
    "HeaderAuth": ("operating", 'auth, style = "header"'),
    "SignedAuth": ("operating", 'auth, style = "signed"'),
    "QuerySource": ("operating", 'kind = "query"'),
    "Marker": ("operating", "success, no_record"),
    "Sample": ("operating", "sample"),
    "TokenAuth": ("operating", 'auth, style = "token"'),
    "WorkbookChannel": ("operating", 'kind = "workbook"'),
    "ExchangeDbChannel": ("operating", 'kind = "exchange_db"'),
    "ApiChannel": ("operating", 'kind = "api"'),
    "WebsiteChannel": ("operating", 'kind = "website"'),
    "Desk": ("desk", "[desk]"),
    "OidcSignIn": ("desk", "[desk.oidc]"),
    "ProxySignIn": ("desk", "[desk.proxy]"),
    "HttpSystem": ("telling", 'systems, kind = "http"'),
    "TableSystem": ("telling", 'systems, kind = "table"'),
    "Tell": ("telling", "[tell]"),
    "MailServer": ("telling", "[tell.mail]"),
    "HttpNotices": ("telling", "Top level of HTTP"),
    "TableNotices": ("telling", "Top level of a table"),
    "NoticeFields": ("telling", "[notice]"),
    "NoticeRequest": ("telling", "[request]"),
    "ApiMapping": ("publishing", "Mapping: top level"),
    "Request": ("publishing", "Mapping: [request]"),
    "RowsInterface": ("publishing", "Mapping: top level"),
    "RowsService": ("operating", 'kind = "api"'),
    "Answers": ("publishing", "Mapping: [answer]"),
    "Question": ("publishing", "Mapping: [question]"),
    "SourceMapping": ("mappings", "Top level"),
    "Layout": ("mappings", "[layout]"),
    "FieldMapping": ("mappings", "[fields]"),
    "Item": ("mappings", "item"),
    "Part": ("mappings", "[[parts]]"),
    "Removal": ("mappings", "[removal]"),
    "Guards": ("mappings", "[guards]"),
    "DeadlineRules": ("publishing", "Deadlines"),
    "PublicationTerm": ("publishing", "[publication]"),
    "WithdrawalTerm": ("publishing", "[withdrawal]"),
    "Promise": ("publishing", "[[promises]]"),
    "ReviewTerm": ("publishing", "[review]"),
    "Series": ("publishing", "[[series]]"),
}
"""Which page and section explains a table."""
_DISCRIMINATORS = {"kind", "style"}
_COMMON = {"mapping", "delivery"}


def default(field: FieldInfo) -> str:
    """A default as TOML writes it; `required`, or `none` for what is absent unless given."""
    value: Any = field.get_default(call_default_factory=True)
    if value is PydanticUndefined:
        return "required"
    if value is None or isinstance(value, BaseModel) or value in ("", {}, ()):
        return "none"
    return f"`{json.dumps(value, default=str, ensure_ascii=False)}`"


FILES = (
    *(settings, channel_settings, desk_settings, http_settings, system_settings, tell_settings),
    *(mapping, api_mapping, notation, notices, deadline_rules, number_series),
)


@pytest.mark.parametrize("model", [model for file in FILES for model in models(file)], ids=lambda m: m.__name__)
def test_every_key_is_explained_with_its_default(model: type[BaseModel]) -> None:
    page, title = PLACES[model.__name__]
    found = sections(read(f"docs/{page}.md"))
    described = rows(found[title])
    for name, field in model.model_fields.items():
        key = field.alias or name
        if key in _DISCRIMINATORS or (model.__name__ == "Settings" and name == "base"):
            continue
        source = model.__name__.endswith("Source") and key in _COMMON
        row = rows(found["[sources.NAME]"])[key] if source else described[key]
        assert row[1] == default(field), f"{page}.md, {title}: {key}"


def field_row(name: str, field: TargetField) -> list[str]:
    return [f"`{name}`", field.title, field.type.value, "yes" if field.required else ""]


@pytest.mark.parametrize("kind", TARGET_FIELDS)
def test_every_field_is_explained(kind: Any) -> None:
    found = sections(read("docs/mappings.md"))
    own = {name: field for name, field in TARGET_FIELDS[kind].items() if name not in SUBJECT_FIELDS}
    for title, fields in (("Subject", SUBJECT_FIELDS), (f'record = "{kind}"', own)):
        described = {name: cells[:4] for name, cells in rows(found[title]).items()}
        assert {name: described.get(name) for name in fields} == {n: field_row(n, f) for n, f in fields.items()}
        assert set(described) <= {*fields, "field", "---"}


# --- messages, links, paths ---------------------------------------------------------------------------------


def test_messages_in_the_troubleshooting_table_exist() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "credit_sync").rglob("*.py")))
    described = rows(sections(read("docs/operating.md"))["Troubleshooting"])
    messages = [message for message in described if message not in ("message", "---")]
    assert len(messages) > 20
    missing = [part for message in messages for part in re.split("…|`, `", message) if part.strip() not in code]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    assert [target for target in links(page) if not (page.parent / target).exists()] == []


def test_paths_in_the_architecture_exist() -> None:
    names = re.findall(r"`([^`\s]+)`", re.sub(r"```.*?```", "", read("docs/architecture.md"), flags=re.DOTALL))
    suffixes = (".py", ".toml", ".j2", ".md", "/")
    paths = [name for name in names if name.endswith(suffixes)]
    assert len(paths) > 30
    assert [path for path in paths if not _exists(path)] == []


def _exists(path: str) -> bool:
    pattern = path.rstrip("/").replace("NAME", "*")
    return any(
        next(base.glob(f"**/{pattern}"), None) for base in (ROOT / "credit_sync", ROOT / "mappings")
    ) or any(next(base.glob(pattern), None) for base in (ROOT, ROOT / "tests"))


# --- units --------------------------------------------------------------------------------------------------


def test_what_is_enabled_starts_with_the_machine() -> None:
    """Of a unit without [Install] `systemctl enable` makes nothing, and says so with exit code 0."""
    pages = [*PAGES, *(ROOT / "ops").iterdir()]
    told = "\n".join(page.read_text("utf-8") for page in pages)
    enabled = set(re.findall(r"systemctl enable (?:--now )?(\S+)", told))
    assert enabled == {"credit-sync.timer", "credit-sync-desk.service"}
    for name in enabled:
        assert re.search(r"^\[Install\]\nWantedBy=", read(f"ops/{name}"), re.MULTILINE), name
