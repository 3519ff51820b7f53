"""Sign-in by a reverse proxy: who it is stands in headers, believed only from the configured addresses."""

from urllib.parse import unquote

from starlette.requests import HTTPConnection

from credit_sync.desk.rights import User
from credit_sync.desk.signing_in.claims import user_from, words
from credit_sync.desk_settings import ProxySignIn


def user_of_headers(connection: HTTPConnection, settings: ProxySignIn) -> User | None:
    """The user that a trusted proxy names; None where it names nobody. Raises CreditSyncError for an unfit name."""
    name = _header(connection, settings.user_header)
    if not name:
        return None
    return user_from(
        name,
        _header(connection, settings.title_header),
        words(_header(connection, settings.roles_header)),
        words(_header(connection, settings.departments_header)),
        settings,
    )


def _header(connection: HTTPConnection, name: str) -> str:
    """The header's text: UTF-8 as it is, or percent-encoded. Sent twice it says nothing: one may not be the proxy's."""
    sent = connection.headers.getlist(name)
    if len(sent) != 1:
        return ""
    return unquote(sent[0].encode("latin-1").decode("utf-8", "replace")).strip()
