"""Serving the desk: one process, and nobody let in whom no sign-in lets in."""

import errno
import ipaddress
import secrets
import socket
from urllib.parse import urlsplit

import uvicorn
from fastapi import FastAPI
from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection

from credit_sync.desk.application import make_application
from credit_sync.desk.connections import Connection
from credit_sync.desk.office import Serving
from credit_sync.desk_settings import Desk, OidcSignIn
from credit_sync.errors import CreditSyncError, reason_of
from credit_sync.logs import log
from credit_sync.settings import Settings
from credit_sync.store.desk_users import accounts

BUSY_MILLISECONDS = 3_000
"""How long a page waits for a lock of the database before it says that a night is under way."""
_CACHE_KIBIBYTES = 16 * 1024
"""Of the file, in the memory of one connection: there are up to fifteen, which grew to 1.2 GB together."""
_LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")


def serving_at(desk: Desk, host: str, port: int, owner: str) -> Serving:
    """How the desk will be reached. Raises CreditSyncError where the network would get in without a sign-in.

    Without any sign-in configured only this machine is served, by a link with a secret: an account of the desk is never
    made by itself, and others on the machine are not let in either.
    """
    local = _is_loopback(host)
    if not desk.has_sign_in and not local:
        remedy = (
            "在配置的 [desk] 里选一种登录方式：local_accounts = true（再用 credit-sync desk user add 建账号）、"
            "[desk.oidc] 或 [desk.proxy]，见 docs/desk.md；只在本机试用请不写 --host"
        )
        raise CreditSyncError(f"没有配置登录方式，不在 {host} 上提供服务", remedy=remedy)
    if desk.address is None and not local:
        raise CreditSyncError(
            f"在 {host} 上提供服务，要在 desk.address 写明浏览器里的地址",
            remedy="例如 https://credit.example.gov.cn",
        )
    address = (desk.address or f"http://{_in_url(host)}:{port}").rstrip("/")
    hosts = {_in_url(urlsplit(address).hostname or ""), *(_LOOPBACK_NAMES if local else ())}
    link = "" if desk.has_sign_in else secrets.token_urlsafe(32)
    return Serving(address, tuple(sorted(hosts)), link, owner if link else "")


def words_at_start(settings: Settings, engine: Engine, serving: Serving) -> list[str]:
    """What the person who starts the desk should know."""
    lines = [f"复核台：{serving.address}"]
    if serving.link:
        lines = [
            f"没有配置登录方式：只在本机提供，凭下面的链接以 {serving.owner} 的身份进入（有全部权限，请勿转给他人）",
            f"{serving.address}/sign-in/link?key={serving.link}",
        ]
    if settings.desk.local_accounts:
        with engine.connect() as connection:
            usable = [a for a in accounts(connection) if a.disabled_at is None]
        if not usable and settings.desk.oidc is None:
            lines.append("还没有账号，没有人能登录：用 credit-sync desk user add 账号 --role officer 建立")
    if settings.desk.oidc is not None:
        lines += _word_of_provider(settings.desk.oidc, others=settings.desk.local_accounts)
    if not serving.secure and not _is_loopback(urlsplit(serving.address).hostname or ""):
        lines.append("注意：地址不是 https，密码和数据在网络上不加密；请在前面加反向代理并启用 TLS")
    return lines


def _word_of_provider(settings: OidcSignIn, *, others: bool) -> list[str]:
    """Nothing where it answers. It is asked again at every sign-in, so the desk starts without it."""
    from credit_sync.desk.signing_in.oidc import probe  # heavy, and most desks have another sign-in

    try:
        probe(settings)
    except CreditSyncError as error:
        who = "目前只有本地账号能登录" if others else "在它恢复之前没有人能登录"
        return [f"注意：{error}；{who}"]
    return []


def serve(settings: Settings, engine: Engine, serving: Serving, listener: socket.socket) -> None:
    """Serves until it is told to stop."""
    be_impatient(engine)
    application = make_application(settings, engine, serving)
    application.state.service.warm_up()
    host, port, *_ = listener.getsockname()
    log.info("复核台已启动", address=serving.address, host=host, port=port)
    uvicorn.Server(served(application)).run(sockets=[listener])


def served(application: FastAPI) -> uvicorn.Config:
    """How the application is served."""
    return uvicorn.Config(
        application,
        http=Connection,
        log_config=None,
        log_level="critical",  # errors.py writes the program's faults into the log, with numbers hidden
        access_log=False,  # addresses of pages hold names; who saw what is in the audit log
        proxy_headers=False,  # visitors.py: believed of trusted proxies only
        server_header=False,
        timeout_keep_alive=15,
    )


def listening(host: str, port: int) -> socket.socket:
    """The port, had before anybody is told where the desk is. Raises CreditSyncError where it cannot be."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        said = (
            "端口已被占用" if taken else (isinstance(error, OSError) and reason_of(error)) or type(error).__name__
        )
        raise CreditSyncError(
            f"在 {host} 的 {port} 端口上不能提供：{said}", remedy="是否已经在运行；或用 --port 换一个端口"
        ) from None
    # Connections inherit it. asyncio sets it only where the socket names its protocol, which create_server's does not, and
    # head and body of an answer are two writes: without it the second waits 40 ms for the client's delayed ACK.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def be_impatient(engine: Engine) -> None:
    """A page does not wait minutes for what a night holds (SQLite's write lock, rows of PostgreSQL), as commands do.

    Nor does each of its many connections keep as much of a SQLite file in memory as the one of a night.
    """
    sqlite = engine.dialect.name == "sqlite"
    patience = (
        (f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}", f"PRAGMA cache_size = -{_CACHE_KIBIBYTES}")
        if sqlite
        else (f"SET lock_timeout = {BUSY_MILLISECONDS}",)
    )
    engine.dispose()

    @event.listens_for(engine, "connect")
    def _shorter(connection: DBAPIConnection, _record: object) -> None:
        cursor = connection.cursor()
        for setting in patience:
            cursor.execute(setting)
        cursor.close()
        if not sqlite:
            connection.commit()


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host.lower()
