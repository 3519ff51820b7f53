"""What every page works with: the store, the settings, how the desk is reached, and how a page is made."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from jinja2 import Environment
from sqlalchemy import Connection, Engine, func, select
from starlette.requests import Request

from credit_sync.desk.api.pace import Pace
from credit_sync.desk.assets import asset_address
from credit_sync.desk.list_moves import ListMoves
from credit_sync.desk_settings import Desk
from credit_sync.lookup import Ground, ground
from credit_sync.reporting import labels
from credit_sync.reporting.lists import ListView, read_lists
from credit_sync.reporting.shown import shown
from credit_sync.reporting.templates import environment
from credit_sync.screening.decisions import same_person
from credit_sync.screening.measures import Measures, load_measures
from credit_sync.screening.open_index import OpenIndex
from credit_sync.screening.reasons import Reasons, load_reasons
from credit_sync.screening.unread_entries import KnownUnread
from credit_sync.screening.weights import load_weights
from credit_sync.settings import Settings
from credit_sync.sources.mapping import load_mappings
from credit_sync.store.schema import screening

if TYPE_CHECKING:
    from credit_sync.desk.signing_in.oidc import OidcClient

_REFUSALS = 5
"""As many refused sign-ins of an address are put on record in a minute."""
_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Serving:
    """How the desk is reached."""

    address: str
    """The address in the browser, without a path."""
    hosts: tuple[str, ...]
    """The names by which it may be asked for."""
    link: str = ""
    """Where no sign-in is configured: the secret of the one link that leads in, for whoever started the desk."""
    owner: str = ""
    """Whose link it is."""

    @property
    def link_way(self) -> str:
        """The way of sessions that began with this link: another start has another, and theirs are over."""
        return f"link-{sha256(self.link.encode()).hexdigest()[:8]}" if self.link else ""

    @property
    def secure(self) -> bool:
        """Whether browsers reach it over TLS."""
        return urlsplit(self.address).scheme == "https"


def _desk_templates() -> Environment:
    made = environment(_TEMPLATES)
    made.globals |= {"asset": asset_address, "address_with": address_with, "same_person": same_person}
    made.filters |= {
        "flag_state": lambda code: "已关闭" if code == "closed" else labels.label(labels.STATES, code),
        "conclusion": lambda code: labels.CONCLUSIONS[code],
        "step": lambda code: labels.label(labels.STEPS, code),
        "shown": shown,
    }
    return made


@dataclass(frozen=True)
class Office:
    """The desk's one set of tools, made when it starts."""

    settings: Settings
    engine: Engine
    serving: Serving
    oidc: "OidcClient | None" = None
    templates: Environment = field(default_factory=_desk_templates)
    list_moves: ListMoves = field(default_factory=ListMoves)
    refusals: Pace = field(default_factory=lambda: Pace(_REFUSALS))
    """Sign-ins that were refused and put on record, by address."""

    @property
    def desk(self) -> Desk:
        """`[desk]`."""
        return self.settings.desk

    @cached_property
    def index(self) -> OpenIndex:
        """The index of the lists, open for pages and gate alike: what nights and rollbacks change is read once, not by each."""
        return OpenIndex(self.settings.path(self.settings.store.index))

    @cached_property
    def unread(self) -> KnownUnread:
        """The rows of lists that nobody could read, for pages and gate alike."""
        return KnownUnread()

    @cached_property
    def measures(self) -> Measures:
        """The lists' titles and what they mean; read once, as by a night."""
        return load_measures(self.settings.mappings_folder)

    @cached_property
    def reasons(self) -> Reasons:
        """The reasons that a decision may be given for."""
        return load_reasons(self.settings.mappings_folder)

    def read_files(self) -> None:
        """Reads what pages need of the mappings, so that an unusable file ends the start. Raises SettingsError."""
        load_weights(self.settings.mappings_folder)
        load_mappings(self.settings)
        _ = self.measures, self.reasons, self.index

    def now(self) -> datetime:
        """The clock, to the second, as everything that people do is stored."""
        return datetime.now().replace(microsecond=0)

    def ground(self, connection: Connection) -> Ground:
        """What a look-up rests on now."""
        return ground(connection, self.settings, self.now(), self.index.current(connection), self.unread)

    def screened(self, connection: Connection) -> datetime | None:
        """When screening was last done; None before the first time."""
        last: datetime | None = connection.scalar(select(func.max(screening.c.screened_at)))
        return last

    def lists(self, connection: Connection, previous: datetime) -> tuple[ListView, ...]:
        """The watch lists as they are now; what came and went is counted since `previous`."""
        return read_lists(connection, self.settings, self.now(), previous, self.measures)


def office_of(request: Request) -> Office:
    """The tools, in a page's function."""
    office: Office = request.app.state.office
    return office


def address_with(path: str, parameters: Mapping[str, Any]) -> str:
    """A path with its parameters, those that are empty left out.

    >>> address_with("/", {"verdict": "confirmed", "page": "", "text": "张 三"})
    '/?verdict=confirmed&text=%E5%BC%A0+%E4%B8%89'
    """
    given = {name: value for name, value in parameters.items() if value not in ("", None)}
    return f"{path}?{urlencode(given)}" if given else path
