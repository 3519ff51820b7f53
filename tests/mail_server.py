"""A real SMTP server with TLS and sign-in, which misbehaves on demand."""

# ruff: noqa: ARG002, N802 - aiosmtpd calls its handlers so

import asyncio
import datetime
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, Literal

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

USER, PASSWORD = "credit", "s3cret"


@dataclass
class MailServer:
    """What it took, and how it behaves."""

    port: int
    certificate: Path
    taken: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    refuses: Callable[[str], bool] = lambda _: False
    """Whether a recipient is unknown here."""
    after_data: Literal["", "drop", "wait", "full"] = ""
    """The line is cut after the letter was taken; no answer comes; or the mailbox is full and nothing is taken."""
    signed_in: int = 0

    def letters(self) -> list[EmailMessage]:
        return [message_from_bytes(content, policy=default) for content in self.taken]

    def settings(self, **more: Any) -> dict[str, Any]:
        """A table `[tell.mail]` for it."""
        known = {"host": "localhost", "port": self.port, "user": USER, "password_env": "MAIL_PASSWORD"}
        return known | {"sender": "credit@kjt.example", "ca_file": self.certificate, "timeout_seconds": 2} | more

    # What aiosmtpd calls.

    async def handle_RCPT(self, server: SMTP, session: Any, envelope: Envelope, address: str, options: Any) -> str:
        if self.refuses(address):
            return "550 no such user 340100190001040017"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Envelope) -> str:
        if self.after_data == "full":
            return "452 mailbox full"
        self.taken.append(bytes(envelope.content or b""))
        self.recipients += envelope.rcpt_tos
        if self.after_data == "drop":
            server.transport.abort()
        if self.after_data == "wait":
            await asyncio.sleep(30)
        return "250 OK"

    def authenticate(
        self, server: SMTP, session: Any, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        right = isinstance(data, LoginPassword) and (data.login, data.password) == (
            USER.encode(),
            PASSWORD.encode(),
        )
        self.signed_in += right
        return AuthResult(success=right, handled=False)


@contextmanager
def mail_server(folder: Path, *, tls: bool = False) -> Iterator[MailServer]:
    """A server on a free port of this machine: STARTTLS demanded, or TLS from the first byte."""
    certificate, key = _certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        found = MailServer(listener.getsockname()[1], certificate)
        loop = asyncio.new_event_loop()

        def factory() -> SMTP:
            secured: dict[str, Any] = {"auth_require_tls": False} if tls else {"tls_context": context}
            demands = {"auth_required": True, "require_starttls": not tls, "authenticator": found.authenticate}
            return SMTP(found, hostname="localhost", loop=loop, **secured, **demands)

        server = loop.run_until_complete(loop.create_server(factory, sock=listener, ssl=context if tls else None))
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()
        try:
            yield found
        finally:
            loop.call_soon_threadsafe(server.close)
            loop.call_soon_threadsafe(loop.stop)
            thread.join()


def _certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for localhost that its own authority has signed: itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "mail.pem", folder / "mail.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return certificate, private
