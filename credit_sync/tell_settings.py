"""Settings of telling people: who gets which mail through which server, a health ping, figures for monitoring."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from credit_sync.http_settings import HttpUrl, SecretName
from credit_sync.toml_files import Strict, written

MailAddress = Annotated[
    str,
    Field(max_length=254),
    written(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*", "不是邮箱地址，例如 gaoxin@example.gov.cn"),
]
DepartmentName = Annotated[str, Field(min_length=1, max_length=128)]
EVERY = "*"
"""In place of a department's name: all of them."""


class MailServer(Strict):
    """The server that takes mail, always encrypted."""

    host: str = Field(min_length=1)
    port: int = Field(default=587, gt=0, le=65535)
    security: Literal["starttls", "tls"] = "starttls"
    """`tls`: encrypted from the first byte, usually at port 465."""
    user: str = ""
    """'' where the server takes mail without a sign-in."""
    password_env: SecretName | None = None
    sender: MailAddress
    ca_file: Path | None = None
    """Certificates that are trusted, where the server's comes from an authority of the government's own."""
    timeout_seconds: float = Field(default=20, gt=0, le=600)

    @model_validator(mode="after")
    def _user_with_password(self) -> Self:
        if bool(self.user) != bool(self.password_env):
            raise ValueError("tell.mail: user 和 password_env 要一起写")
        return self


class Tell(Strict):
    """`[tell]`: what is told to whom after a run."""

    mail: MailServer | None = None
    departments: dict[DepartmentName, tuple[MailAddress, ...]] = {}
    """Department, as the applications name it, -> who gets its morning digest; "*" is all departments."""
    attachment: Literal["xlsx", "html", "none"] = "xlsx"
    """The department's report with the digest."""
    operators: tuple[MailAddress, ...] = ()
    """Who is told that something failed."""
    ping_url: HttpUrl | None = None
    """Fetched after a run that did everything; with `/fail` behind it after another one."""
    metrics_file: Path | None = None
    """Figures for Prometheus' text-file collector; the name has to end in .prom."""

    @model_validator(mode="after")
    def _somebody_takes_mail(self) -> Self:
        if (self.departments or self.operators) and self.mail is None:
            raise ValueError("tell.mail: 要发邮件，先写明邮件服务器")
        if self.metrics_file is not None and self.metrics_file.suffix != ".prom":
            raise ValueError("tell.metrics_file: 文件名须以 .prom 结尾，采集器只读这样的文件")
        return self
