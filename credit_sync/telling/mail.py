"""Sending mail, always encrypted: a letter, the server, and what its refusals mean in Chinese."""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256

from credit_sync.errors import CreditSyncError, reason_of
from credit_sync.secret import secret
from credit_sync.settings import Settings
from credit_sync.subjects.identifiers import hide_in_text
from credit_sync.tell_settings import MailServer

_FOR_GOOD = 500
"""SMTP codes from here on say that the same letter will never be taken."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a letter."""

    name: str
    type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail to one recipient. The same occasion and recipient always make the same Message-ID: programs for mail
    show what comes twice (the line was cut before the server's answer) once."""

    recipient: str
    occasion: str
    """What the letter is about, in ASCII: `digest/2026-03-01/…`."""
    subject: str
    at: datetime
    text: str
    html: str = ""
    attachment: Attachment | None = None

    def message(self, sender: str, organ: str) -> EmailMessage:
        """As it is sent, the same bytes every time."""
        digest = sha256(f"{self.occasion}/{self.recipient}".encode()).hexdigest()[:32]
        message = EmailMessage(policy=SMTP)
        name, _, domain = sender.rpartition("@")
        message["From"] = Address(organ, name, domain)
        message["To"] = self.recipient
        message["Subject"] = self.subject
        message["Date"] = format_datetime(self.at.astimezone())
        message["Message-ID"] = f"<{digest}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office replies
        message.set_content(self.text, cte="base64")
        if self.html:
            message.add_alternative(self.html, subtype="html", cte="base64")
        if self.attachment is not None:
            main, sub = self.attachment.type.split("/", 1)
            message.add_attachment(
                self.attachment.content, maintype=main, subtype=sub, filename=self.attachment.name
            )
        for number, part in enumerate(part for part in message.walk() if part.is_multipart()):
            part.set_boundary(f"=={digest}-{number}==")
        return message


class MailServerError(CreditSyncError):
    """The server cannot be used at all: the next letter would fare no better."""


class Mailer:
    """An open connection to the mail server."""

    def __init__(self, connection: smtplib.SMTP, server: MailServer, organ: str) -> None:
        self._connection, self._server, self._organ = connection, server, organ

    def send(self, letter: Letter) -> None:
        """Hands one letter over. Raises CreditSyncError where it is refused, MailServerError where the server is gone."""
        message = letter.message(self._server.sender, self._organ)
        try:
            self._connection.send_message(message, self._server.sender, [letter.recipient])
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            if isinstance(error, smtplib.SMTPResponseException | smtplib.SMTPRecipientsRefused):
                raise _refused(error) from None
            raise MailServerError(
                f"{self._where()}：连接中断（{_said(error)}）", remedy="下次运行会再发"
            ) from None

    def _where(self) -> str:
        return f"邮件服务器 {self._server.host}:{self._server.port}"


@contextmanager
def mailer(settings: Settings) -> Iterator[Mailer]:
    """A signed-in connection. Raises MailServerError where there is none to be had; smtplib's errors are OSErrors."""
    server = settings.tell.mail
    if server is None:
        raise MailServerError("没有配置邮件服务器", remedy="写明 [tell.mail]")
    where = f"邮件服务器 {server.host}:{server.port}"
    password = secret(server.password_env) if server.password_env else ""
    try:
        connection = _connect(server, _context(settings, server))
    except ssl.SSLError as error:
        raise MailServerError(
            f"{where}：加密连接失败（{error.reason or _said(error)}）", remedy="核对 security、port 和 ca_file"
        ) from None
    except (smtplib.SMTPException, OSError, UnicodeError) as error:
        raise MailServerError(f"{where}：连不上（{_said(error)}）", remedy="检查网络和地址") from None
    try:
        if server.user:
            _sign_in(connection, server, password, where)
        yield Mailer(connection, server, settings.department.name)
    finally:
        with suppress(smtplib.SMTPException, OSError):
            connection.quit()
        connection.close()


def probe(settings: Settings) -> str:
    """One line in Chinese on a server that lets us in. Raises CreditSyncError for one that does not."""
    with mailer(settings):
        pass
    server = settings.tell.mail
    return f"{server.host}:{server.port} 可以发信" if server else ""


def _context(settings: Settings, server: MailServer) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=settings.path(server.ca_file) if server.ca_file else None)
    except OSError as error:
        raise MailServerError(f"证书文件 {server.ca_file} 读不了：{reason_of(error) or error}") from None


def _connect(server: MailServer, context: ssl.SSLContext) -> smtplib.SMTP:
    if server.security == "tls":
        return smtplib.SMTP_SSL(server.host, server.port, timeout=server.timeout_seconds, context=context)
    connection = smtplib.SMTP(server.host, server.port, timeout=server.timeout_seconds)
    try:
        connection.starttls(context=context)
    except BaseException:
        connection.close()
        raise
    return connection


def _sign_in(connection: smtplib.SMTP, server: MailServer, password: str, where: str) -> None:
    try:
        connection.login(server.user, password)
    except smtplib.SMTPAuthenticationError:
        raise MailServerError(f"{where}：用户名或密码不对", remedy="核对 user 和 password_env") from None
    except (smtplib.SMTPException, OSError, UnicodeError) as error:
        raise MailServerError(f"{where}：登录失败（{_said(error)}）", remedy="核对 user 和 security") from None


def _refused(error: smtplib.SMTPException) -> CreditSyncError:
    """The server's word on one letter; addresses of others are not in it."""
    answers = error.recipients.values() if isinstance(error, smtplib.SMTPRecipientsRefused) else []
    code, said = next(iter(answers), (getattr(error, "smtp_code", 0), getattr(error, "smtp_error", b"")))
    words = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
    later = 400 <= code < _FOR_GOOD  # greylisting, a full mailbox: RFC 5321, 4.2.1
    remedy = "下次运行会再发" if later else "核对收件人地址"
    return CreditSyncError(f"被邮件服务器拒收（{code} {hide_in_text(words)[:200]}）", remedy=remedy)


def _said(error: Exception) -> str:
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return "等待超时"
    if isinstance(error, socket.gaierror):
        return "找不到这台主机"
    return (isinstance(error, OSError) and reason_of(error)) or type(error).__name__
