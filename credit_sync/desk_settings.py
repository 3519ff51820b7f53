"""Settings of the desk: under which address it is reached, who may sign in how, and how much at a time."""

import ipaddress
from enum import StrEnum
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from credit_sync.http_settings import HttpUrl, SecretName
from credit_sync.toml_files import Strict


def _network(value: str) -> str:
    try:
        ipaddress.ip_network(value)
    except ValueError:
        raise ValueError("不是 IP 地址或网段，例如 10.1.2.3 或 10.1.2.0/24") from None
    return value


def _header(value: str) -> str:
    if not value.replace("-", "").isalnum() or not value.isascii():
        raise ValueError("不是请求头的名称，例如 X-Remote-User")
    return value


def _without_path(value: str) -> str:
    if urlsplit(value).path not in ("", "/") or urlsplit(value).query:
        raise ValueError("只写到主机名（和端口）为止，例如 https://credit.example.gov.cn")
    return value


Network = Annotated[str, AfterValidator(_network)]
HeaderName = Annotated[str, AfterValidator(_header)]


class Role(StrEnum):
    """The roles that sign-in gives to a user."""

    READER = "reader"
    OFFICER = "officer"
    APPROVER = "approver"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class OidcSignIn(Strict):
    """Sign-in at an OpenID Connect provider; what its claims say becomes user, roles and departments."""

    issuer: HttpUrl
    client_id: str = Field(min_length=1)
    client_secret_env: SecretName | None = None
    scopes: tuple[str, ...] = ("openid", "profile")
    user_claim: str = "sub"
    title_claim: str = "name"
    roles_claim: str = "roles"
    departments_claim: str = "departments"
    roles: dict[str, Role] = Field(min_length=1)
    departments: dict[str, str] = {}


class ProxySignIn(Strict):
    """A reverse proxy has signed the user in and says who it is in headers, from one of `desk.proxies`."""

    user_header: HeaderName = "X-Remote-User"
    title_header: HeaderName = "X-Remote-Name"
    roles_header: HeaderName = "X-Remote-Roles"
    departments_header: HeaderName = "X-Remote-Departments"
    roles: dict[str, Role] = Field(min_length=1)
    departments: dict[str, str] = {}


class Desk(Strict):
    """`[desk]`: the officers' pages."""

    address: Annotated[HttpUrl, AfterValidator(_without_path)] | None = None
    proxies: tuple[Network, ...] = ()
    local_accounts: bool = False
    oidc: OidcSignIn | None = None
    proxy: ProxySignIn | None = None
    session_hours: float = Field(default=8, gt=0, le=24)
    idle_minutes: float = Field(default=60, gt=0, le=1440)
    lookups_per_hour: int = Field(default=60, gt=0)
    api_requests_per_minute: int = Field(default=600, gt=0)
    """Of one key."""
    metrics_from: tuple[Network, ...] = ("127.0.0.1", "::1")
    """Who may read /metrics without a token."""
    metrics_token_env: SecretName | None = None
    """The token with which everybody else may: `Authorization: Bearer TOKEN`."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.proxy and not self.proxies:
            raise ValueError("desk.proxies: 由反向代理登录时，要写明可信任的代理地址")
        if self.proxy and (self.oidc or self.local_accounts):
            raise ValueError("desk.proxy: 由反向代理登录时，不能同时用 oidc 或 local_accounts")
        return self

    @property
    def has_sign_in(self) -> bool:
        """Whether anybody can sign in over the network."""
        return self.local_accounts or self.oidc is not None or self.proxy is not None
