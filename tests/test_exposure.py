"""What `check` says of files that any account of the machine can read."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from credit_sync.exposure import is_open_to_all, open_to_all
from credit_sync.settings import Settings
from tests.night import Night


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that others can reach, as pytest's own are not."""
    made = Path(tempfile.mkdtemp())
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


def write(path: Path, mode: int = 0o644) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.parent.chmod(0o755)
    path.write_text("x")
    path.chmod(mode)
    return path


def test_what_any_account_can_read(folder: Path) -> None:
    file = write(folder / "var" / "store.db")
    assert is_open_to_all(file)
    assert is_open_to_all(file.parent)
    file.parent.chmod(0o711)  # no list of names, but these can be guessed
    assert is_open_to_all(file.parent)
    link = folder / "link"
    link.symlink_to(file)
    assert is_open_to_all(link)


def test_what_a_folder_above_protects(folder: Path) -> None:
    file = write(folder / "var" / "store.db")
    for protecting in (file.parent, folder):
        protecting.chmod(0o750)
        assert not is_open_to_all(file)
        assert not is_open_to_all(file.parent)
        protecting.chmod(0o755)


def test_what_protects_itself_or_is_not_there(folder: Path) -> None:
    file = write(folder / "var" / "store.db", 0o640)
    assert not is_open_to_all(file)
    assert not is_open_to_all(file.parent)
    assert not is_open_to_all(folder / "none")


def test_all_that_is_kept_is_looked_at(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("store.db", "index/keys", "reports/run.html", "outbox/rows.xlsx", "site/page.html", "token"):
        write(folder / name)
    api = {"kind": "http", "mapping": "award_applicants", "url": "https://kjt.example"}
    settings = Settings.model_validate(
        {
            "sources": {"award": {**api, "auth": {"style": "bearer", "token_env": "AWARD_TOKEN"}}},
            "store": {"url": "sqlite:///store.db", "index": "index"},
            "reports": {"folder": "reports"},
            "channels": {
                "workbook": {"kind": "workbook", "folder": "outbox"},
                "site": {"kind": "website", "folder": "site"},
            },
        }
    ).model_copy(update={"base": folder})
    monkeypatch.setenv("AWARD_TOKEN_FILE", str(folder / "token"))
    assert open_to_all(settings) == [
        f"数据库 {folder / 'store.db'}",
        f"名单索引 {folder / 'index'}",
        f"报告 {folder / 'reports'}",
        f"渠道 workbook {folder / 'outbox'}",
        f"密钥 AWARD_TOKEN {folder / 'token'}",
    ]
    folder.chmod(0o700)
    assert open_to_all(settings) == []


def test_check_says_so(first_night: Night, folder: Path) -> None:
    night = first_night.copy(folder / "night")
    for path in (night.folder, *night.folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    checked = night.call("check").stdout
    assert "权限：注意，本机任何账号都能读取 数据库 " in checked
    assert f"、报告 {night.folder / 'reports'}" in checked
    folder.chmod(0o750)
    assert "权限" not in night.call("check").stdout
    assert folder.stat().st_mode & 0o777 == 0o750, "nothing is changed"
