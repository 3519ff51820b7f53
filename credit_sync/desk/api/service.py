"""What every address of the interface works with."""

from dataclasses import dataclass, field
from functools import cached_property

from starlette.requests import Request

from credit_sync.desk.api.pace import Pace
from credit_sync.desk.office import Office
from credit_sync.gate import Gate
from credit_sync.publishing.standard import Standard
from credit_sync.records import Applicant, Role
from credit_sync.sharing import standards_in_use
from credit_sync.subjects.subject import Subject, SubjectKind

_STRANGERS = 20
"""Requests without a known key that one address has in a minute: nobody finds a key by trying."""

_INVENTED = tuple(
    Applicant(subject=Subject(kind=kind, name=name), system="", application="", role=role)
    for kind, name, role in (
        (SubjectKind.PERSON, "屈怀瑾", Role.MEMBER),
        (SubjectKind.ORGANISATION, "合肥启岩机械有限公司", Role.APPLYING_UNIT),
    )
)


@dataclass
class Service:
    """Made once, when the desk starts."""

    office: Office
    strangers: Pace = field(default_factory=lambda: Pace(_STRANGERS))

    @cached_property
    def gate(self) -> Gate:
        """The gate, with its rules read and its index open."""
        return Gate(self.office.settings, self.office.index, self.office.unread)

    def warm_up(self) -> None:
        """Asks once about everything: the index is opened and the tables of names are read before anybody waits for it.

        Not where there is no index yet: then all listings would be read, which is for whoever does ask.
        """
        if not self.gate.index.is_saved:
            return
        with self.office.engine.connect() as connection:
            self.gate.at_once(connection, _INVENTED, self.office.now())
            self.gate.stored(connection, "", "", self.office.now())

    @cached_property
    def standards(self) -> tuple[Standard, ...]:
        """What says how long a penalty is public."""
        return standards_in_use(self.office.settings)

    @cached_property
    def pace(self) -> Pace:
        """Requests of one key in a minute."""
        return Pace(self.office.desk.api_requests_per_minute)


def service_of(request: Request) -> Service:
    """The service, in an address's function."""
    service: Service = request.app.state.service
    return service
