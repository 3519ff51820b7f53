"""What every address of the interface works with."""

from dataclasses import dataclass, field
from functools import cached_property

from starlette.requests import Request

from credit_sync.desk.api.pace import Pace
from credit_sync.desk.office import Office
from credit_sync.gate import Gate
from credit_sync.publishing.standard import Standard
from credit_sync.sharing import standards_in_use

_STRANGERS = 20
"""Requests without a known key that one address has in a minute: nobody finds a key by trying."""


@dataclass
class Service:
    """Made once, when the desk starts."""

    office: Office
    strangers: Pace = field(default_factory=lambda: Pace(_STRANGERS))

    @cached_property
    def gate(self) -> Gate:
        """The gate, with its rules read and its index open."""
        return Gate(self.office.settings)

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
