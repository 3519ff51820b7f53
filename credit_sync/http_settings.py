"""Settings of interfaces over HTTP: addresses, keys and signatures, and lists that can only be asked."""

import string
from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from credit_sync.records import Role
from credit_sync.subjects.identifiers import SubjectKind
from credit_sync.toml_files import Strict, written

PLACEHOLDERS = ("name", "identifier", "uscc", "organisation_code", "registration_number", "citizen_id")
"""What a question may hold of its subject."""


def _http_url(value: str) -> str:
    if not value.startswith(("http://", "https://")):
        raise ValueError("必须是 http 或 https 地址")
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host:
        raise ValueError("不是完整的地址，例如 https://host:8443/path")
    if "@" in parts.netloc:
        raise ValueError("用户名和密码不能写在地址里，请用 auth")
    return value


HttpUrl = Annotated[str, AfterValidator(_http_url)]
SecretName = Annotated[
    str,
    written(
        "[A-Za-z_][A-Za-z0-9_]*",
        "这里写环境变量的名字（英文字母、数字和下划线，例如 CREDIT_PLATFORM_KEY），密钥本身不写在配置里",
    ),
]


class BearerAuth(Strict):
    """`Authorization: Bearer TOKEN`."""

    style: Literal["bearer"]
    token_env: SecretName


class HeaderAuth(Strict):
    """A key in a header of its own."""

    style: Literal["header"]
    header: str = "X-Api-Key"
    token_env: SecretName


class SignedAuth(Strict):
    """Every request carries a timestamp and a signature over its sorted parameters."""

    style: Literal["signed"]
    algorithm: Literal["hmac-sha256", "hmac-sm3", "sm3", "md5"]
    key: str
    """The public part: the application key the platform gave out."""
    secret_env: SecretName
    key_parameter: str = "appKey"
    timestamp_parameter: str = "timestamp"
    signature_parameter: str = "sign"
    text: str = ""
    """What is signed where it is not the sorted parameters: a text with {key}, {secret} and {timestamp}."""

    @model_validator(mode="after")
    def _usable_text(self) -> Self:
        _check_placeholders("text", self.text, ("key", "secret", "timestamp"))
        if self.algorithm == "md5" and "{secret}" not in self.text:
            raise ValueError('algorithm = "md5" 要用 text 写明签名原文，例如 text = "{key}{secret}{timestamp}"')
        return self


class TokenAuth(Strict):
    """A signed request gets a token, and the questions carry it in a header."""

    style: Literal["token"]
    url: HttpUrl
    signed: SignedAuth
    token: str = Field(min_length=1)
    """Dotted path to the token in the answer."""
    header: str = "Authorization"
    prefix: str = "Bearer "
    minutes: float = Field(default=30, gt=0)
    """How long a token is used."""


Auth = Annotated[BearerAuth | HeaderAuth | SignedAuth, Field(discriminator="style")]


class RowsService(Strict):
    """A platform's or a system's interface that takes rows, in requests of its own."""

    mapping: str
    """Says how requests and answers are written: a file under mappings/channels/, for systems under mappings/write_back/."""
    url: HttpUrl
    """Takes rows."""
    receipts_url: HttpUrl | None = None
    """Says what became of rows, asked by their keys. Without it a platform must recognise keys it had before."""
    auth: Auth | None = None
    batch_rows: int = Field(default=200, gt=0, le=10_000)
    rate_per_second: float = Field(default=5, gt=0, le=1000)
    timeout_seconds: float = Field(default=30, gt=0, le=3600)
    retries: int = Field(default=4, ge=0, le=20)
    backoff_seconds: float = Field(default=1, ge=0, le=3600)
    max_megabytes: float = Field(default=16, gt=0, le=4096)
    """Largest answer accepted."""


class Marker(Strict):
    """Something that an answer says: one of `values` at the dotted `path`."""

    path: str = Field(min_length=1)
    values: tuple[str, ...] = Field(min_length=1)


class Sample(Strict):
    """The subject that `check` asks about: your own department, say."""

    name: str
    identifier: str = ""


class QuerySource(Strict):
    """A list that is not handed out: the platform answers one question per subject.

    Only what these settings recognise is an answer. `success` marks an answer as one; `no_record`, or an empty list of
    rows where `empty_is_no_record`, says that the subject is not listed. Everything else leaves it unknown.
    """

    delivery: ClassVar[Literal["query"]] = "query"

    kind: Literal["query"]
    mapping: str
    url: HttpUrl
    """May hold placeholders in its path: {name}, {identifier} ..."""
    method: Literal["GET", "POST"] = "GET"
    parameters: dict[str, str] = {}
    """Texts with placeholders; one whose placeholders are all blank is left out."""
    optional: tuple[str, ...] = ()
    """Placeholders that may be blank. A subject that lacks another one cannot be asked about."""
    body: Literal["form", "json"] = "form"
    encoding: Literal["utf-8", "gb18030"] = "utf-8"
    """Of the question. An answer's is found out."""
    format: Literal["json", "xml"] = "json"
    escaped: tuple[str, ...] = ()
    """Dotted paths where a text holds JSON once more, outermost first; '' is the whole answer."""
    success: Marker | None = None
    no_record: Marker | None = None
    empty_is_no_record: bool = False
    ask: tuple[Literal["person", "organisation"], ...] = Field(default=("person", "organisation"), min_length=1)
    roles: tuple[Role, ...] = ()
    """Roles whose applicants are asked about; empty for all."""
    auth: Annotated[BearerAuth | HeaderAuth | SignedAuth | TokenAuth, Field(discriminator="style")] | None = None
    sample: Sample | None = None
    rate_per_second: float = Field(default=1, gt=0, le=1000)
    """Requests, repeated tries included."""
    cache_days: float = Field(default=7, gt=0, le=3660)
    most_per_run: int = Field(default=0, ge=0)
    """Questions per run; 0 for no limit."""
    stop_after: int = Field(default=5, gt=0)
    """So many failures in a row end the asking: the rest stays unknown."""
    timeout_seconds: float = Field(default=10, gt=0, le=3600)
    retries: int = Field(default=2, ge=0, le=20)
    backoff_seconds: float = Field(default=1, ge=0, le=3600)
    max_megabytes: float = Field(default=4, gt=0, le=4096)

    @model_validator(mode="after")
    def _usable(self) -> Self:
        templates = {"url": self.url} | {f"parameters.{name}": text for name, text in self.parameters.items()}
        used = [p for key, text in templates.items() for p in _check_placeholders(key, text, PLACEHOLDERS)]
        if not used:
            raise ValueError(
                f"url 或 parameters 里要写明问谁，例如 {{name}}、{{identifier}}，可用：{'、'.join(PLACEHOLDERS)}"
            )
        for name in self.optional:
            if name not in used:
                raise ValueError(f"optional: {name} 没有用在 url 或 parameters 里")
        if set(used) <= set(self.optional):
            raise ValueError("optional: 至少要有一项是必须的，否则问不出是谁")
        if self.empty_is_no_record and self.success is None:
            raise ValueError("empty_is_no_record 要和 success 一起用：没有成功标志的空名单不能算“查无记录”")
        return self

    def asks(self, kind: SubjectKind, role: Role | None) -> bool:
        """Whether the list is asked about such subjects; without a role (a look-up) their kind decides."""
        return kind.value in self.ask and (role is None or not self.roles or role in self.roles)


def _check_placeholders(key: str, text: str, allowed: Sequence[str]) -> list[str]:
    """The names in braces. Raises ValueError for others than those allowed."""
    try:
        found = [(name, spec, conversion) for _, name, spec, conversion in string.Formatter().parse(text)]
    except ValueError:
        raise ValueError(f"{key}: 大括号不成对") from None
    names = []
    for name, spec, conversion in found:
        if name is None:
            continue
        if name not in allowed or spec or conversion:
            raise ValueError(f"{key}: 没有 {{{name}}}，可用：{'、'.join(allowed)}")
        names.append(name)
    return names
