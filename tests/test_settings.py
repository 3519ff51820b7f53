"""Settings: every error by its key, unknown keys refused, secrets never printed."""

import errno
import re
import socket
import ssl
from pathlib import Path

import pytest

from credit_sync.errors import CreditSyncError, SettingsError, reason_of
from credit_sync.secret import secret
from credit_sync.settings import Settings, load_settings

SOURCE = '[sources.debtors]\nkind = "http"\nurl = "https://example.org"\nmapping = "dishonest_debtors"\n'


def problems(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as raised:
        load_settings(path)
    return raised.value.problems


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ('[channels.a]\nkind = "workbook"\n', '[channels.b]\nkind = "workbook"\nfolder = "./var/outbox/"\n'),
        ('[channels.a]\nkind = "website"\n', '[channels.b]\nkind = "website"\n'),
        ('[channels.a]\nkind = "website"\n', '[reports]\nfolder = "var/site/public/reports"\n'),
        ('[reports]\nfolder = "var/out"\n', '[store]\nindex = "var/out"\n'),
    ],
)
def test_two_outputs_do_not_share_a_folder(tmp_path: Path, first: str, second: str) -> None:
    """Two sites take each other's pages away, two channels' workbooks are uploaded twice, reports in a site are public."""
    keys = [text.partition("]")[0][1:] for text in (first, second)]
    (problem,) = problems(tmp_path, SOURCE + first + second)
    assert all(key in problem for key in keys)
    assert "请另给一个文件夹" in problem


@pytest.mark.parametrize(
    ("text", "key", "about"),
    [
        (SOURCE.replace("https:", "ftp:"), "sources.debtors.url", "必须是 http 或 https 地址"),
        (SOURCE + "timeout = 3\n", "sources.debtors.timeout", "timeout_seconds"),
        (SOURCE + "retries = -1\n", "sources.debtors.retries", "不能小于 0"),
        (SOURCE + "retries = 1.5\n", "sources.debtors.retries", "必须是整数"),
        (SOURCE + 'timeout_seconds = "30 s"\n', "sources.debtors.timeout_seconds", "必须是数字"),
        (SOURCE.replace('"http"', '"htp"'), "sources.debtors.kind", "'http', 'database', 'file'"),
        (SOURCE.replace('mapping = "dishonest_debtors"\n', ""), "sources.debtors.mapping", "缺少"),
        (SOURCE + 'paging = { style = "page", siz = 9 }\n', "sources.debtors.paging.siz", "是否想写 size"),
        (SOURCE + 'auth = { style = "bearer", token = "x" }\n', "sources.debtors.auth.token", "token_env"),
        (
            SOURCE + 'auth = { style = "bearer", token_env = "8f9a-22" }\n',
            "sources.debtors.auth.token_env",
            "环境变量的名字",
        ),
        (SOURCE + '[tell]\noperators = ["yunwei"]\n', "tell.operators.0", "不是邮箱地址"),
        ('[sources."名单"]\n' + SOURCE.split("\n", 1)[1], "sources.名单", "英文字母"),
        (SOURCE + '[store]\nurl = "postgresql://u:p@h/d"\n', "store.url", "password_env"),
        (SOURCE + '[store]\nurl = "nonsense"\n', "store.url", "不是数据库地址"),
        (SOURCE + '[store]\nurl = "postgresql://u@h/d?password=p"\n', "store.url", "password_env"),
        (SOURCE + '[store]\nurl = "sqlite://"\n', "store.url", "数据库文件"),
        (SOURCE + '[store]\nurl = "sqlite://var/credit_sync.db"\n', "store.url", "三条斜线"),
        (SOURCE + '[store]\nurl = "sqlite:///:memory:"\n', "store.url", "数据库文件"),
        (SOURCE + '[store]\nurl = "mysql://u@h/d"\n', "store.url", "不支持 mysql"),
        (SOURCE.replace("example.org", "user:p@example.org"), "sources.debtors.url", "密码不能写在地址里"),
        (SOURCE.replace("example.org", "[bad"), "sources.debtors.url", "不是完整的地址"),
        (SOURCE.replace("example.org", "host:99999"), "sources.debtors.url", "不是完整的地址"),
        (SOURCE.replace("example.org", ""), "sources.debtors.url", "不是完整的地址"),
        (SOURCE + "timeout_seconds = inf\n", "sources.debtors.timeout_seconds", "有限"),
        (SOURCE + 'timeout_seconds = "soon"\n', "sources.debtors.timeout_seconds", "必须是数字"),
        (SOURCE + "timeout_seconds = 1e300\n", "sources.debtors.timeout_seconds", "3600"),
        (SOURCE + "max_megabytes = inf\n", "sources.debtors.max_megabytes", "有限"),
        (SOURCE.replace("debtors]", "d" * 65 + "]"), "sources.ddd", "64 个字符"),
        (SOURCE + "[deparment]\n", "deparment", "是否想写 department"),
        ("", "sources", "缺少"),
        ("[sources]\n", "sources", "至少"),
        ("sources = 3\n", "sources", "必须是表"),
        ("x = [", "读不出 TOML", "文件末尾"),
        ("[store]\nurl = “sqlite:///x”\n", "读不出 TOML：第 2 行第 7 列", "“ 是全角标点"),
        ('[store]\nurl = "D:\\数据"\n', "读不出 TOML：第 2 行", "反斜杠"),
        (SOURCE + SOURCE, "读不出 TOML", "写了两次"),
        ("[store\nx = 1\n", "读不出 TOML：第 1 行", "括号没有配对"),
        ("[sources.名单]\n", "读不出 TOML：第 1 行", "双引号"),
        ("a = 'x\n", "读不出 TOML", "引号没有配对"),
        ("timeout = 30秒\n", "读不出 TOML：第 1 行", "一行只写一项"),
        ("a b = 1\n", "读不出 TOML：第 1 行", "等号"),
        ("a = 是\n", "读不出 TOML：第 1 行", "true 或 false"),
    ],
)
def test_every_error_is_named_by_its_key(tmp_path: Path, text: str, key: str, about: str) -> None:
    found = problems(tmp_path, text)
    assert any(problem.startswith(key) and about in problem for problem in found), found


def test_all_errors_are_reported_at_once(tmp_path: Path) -> None:
    assert len(problems(tmp_path, SOURCE.replace("https:", "ftp:") + "timeout = 3\nretries = -1\n")) == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[tell.mail]\nhost = "h"\nuser = "u"\nsender = "a@b.cn"\n', "tell.mail: user 和 password_env 要一起写"),
        ('[tell]\noperators = ["a@b.cn"]\n', "tell.mail: 要发邮件，先写明邮件服务器"),
        ('[desk.proxy]\nroles = { a = "officer" }\n', "desk.proxies: 由反向代理登录时，要写明可信任的代理地址"),
        (
            '[sources.q]\nkind = "query"\nmapping = "m"\nurl = "https://h/{nam}"\n',
            "sources.q: url: 没有 {nam}，可用：.*",
        ),
        (
            SOURCE + 'auth = { style = "signed", algorithm = "md5", key = "k", secret_env = "S" }\n',
            'sources.debtors.auth: algorithm = "md5" 要用 text 写明.*',
        ),
    ],
)
def test_what_is_wrong_between_keys_is_named_by_their_table_once(tmp_path: Path, text: str, said: str) -> None:
    [found] = problems(tmp_path, text if "[sources." in text else SOURCE + text)
    assert re.fullmatch(said, found)


def test_where_the_file_lies_is_nothing_to_write_in_it(tmp_path: Path) -> None:
    assert problems(tmp_path, 'base = "/srv"\n' + SOURCE)[0].startswith("base: 没有这一项")
    assert problems(tmp_path, 'bases = "/srv"\n' + SOURCE) == ["bases: 没有这一项"]


def test_a_missing_file_is_no_traceback(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="找不到配置文件"):
        load_settings(tmp_path / "nowhere.toml")


def test_a_file_that_is_no_text_in_utf_8_is_told_in_chinese(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("# 科技厅\n" + SOURCE, encoding="gb18030")
    with pytest.raises(SettingsError, match="另存为 UTF-8"):
        load_settings(path)
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(SettingsError, match="读不了"):
        load_settings(tmp_path / "folder.toml")


def test_secrets_come_from_the_environment_or_a_file_it_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEBTORS_TOKEN", "from environment")
    assert secret("DEBTORS_TOKEN") == "from environment"
    (tmp_path / "token").write_text("from file\n", encoding="utf-8")
    monkeypatch.setenv("DEBTORS_TOKEN_FILE", str(tmp_path / "token"))
    assert secret("DEBTORS_TOKEN") == "from file"
    with pytest.raises(CreditSyncError, match="OTHER_TOKEN"):
        secret("OTHER_TOKEN")


@pytest.mark.parametrize(("content", "about"), [(b"", "空"), (b" \n", "空"), (b"\xff\xfe\xff", "UTF-8")])
def test_a_secret_file_without_a_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, about: str
) -> None:
    (tmp_path / "token").write_bytes(content)
    monkeypatch.setenv("DEBTORS_TOKEN_FILE", str(tmp_path / "token"))
    with pytest.raises(CreditSyncError, match=about):
        secret("DEBTORS_TOKEN")


def test_a_password_is_not_shown_with_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "config.toml"
    path.write_text(SOURCE + '[store]\nurl = "postgresql://u@h/d"\npassword_env = "PGWORD"\n', encoding="utf-8")
    monkeypatch.setenv("PGWORD", "very secret")
    settings: Settings = load_settings(path)
    assert settings.store.full_url(settings.base).password == "very secret"
    assert "very secret" not in repr(settings) + str(settings.store.full_url(settings.base))


def test_what_the_system_says_is_told_in_chinese(tmp_path: Path) -> None:
    told = []
    for path in (tmp_path / "nowhere", tmp_path, tmp_path / ("x" * 300), Path(__file__) / "x"):
        with pytest.raises(OSError) as refused:
            path.read_text()
        told.append(reason_of(refused.value))
    with pytest.raises(OSError) as refused, socket.socket() as here:
        here.bind(("192.0.2.1", 0))
    told.append(reason_of(refused.value))
    told.append(reason_of(OSError(errno.EFBIG, "File too large")))
    assert told[:4] == ["没有这个文件或文件夹", "这是文件夹，不是文件", "名称太长", "路径中有一段不是文件夹"]
    assert told[4:] == ["本机没有这个地址", "文件太大，超出限额或文件系统的上限"]
    assert (
        reason_of(ssl.SSLError(1, "wrong version number")) == "wrong version number"
    )  # not what errno 1 means elsewhere
    assert reason_of(OSError()) == ""
