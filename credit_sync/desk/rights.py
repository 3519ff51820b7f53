"""Who may do what at the desk: rights, and the one table that joins them with roles.

The table is code and no file of the site: whoever may edit a file on the server should not thereby become an approver.
Duties are kept apart as Chinese practice wants them (三员分立): who administers decides nothing and sees no applicant,
who audits sees everything and changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from credit_sync.desk_settings import Role

ALL_DEPARTMENTS = "*"
"""Stands among a user's departments for all of them."""


class Right(StrEnum):
    """What a page or a form demands."""

    FLAGS = "flags"
    """Read the flags of one's departments."""
    LOOK_UP = "look_up"
    """Look up any subject, with a reason, on record."""
    FULL_NUMBER = "full_number"
    """See an applicant's identity number in full, with a reason, on record."""
    DECIDE = "decide"
    """Uphold, dismiss, and take one's decision back."""
    AGREE = "agree"
    """Be the second person where a measure forbids outright."""
    LISTS = "lists"
    PUBLICATIONS = "publications"
    QUARANTINE = "quarantine"
    RUNS = "runs"
    AUDIT = "audit"
    """Read who did what."""


RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.READER: frozenset({Right.FLAGS, Right.LISTS, Right.PUBLICATIONS}),
    Role.OFFICER: frozenset(
        {Right.FLAGS, Right.LISTS, Right.PUBLICATIONS, Right.LOOK_UP, Right.FULL_NUMBER, Right.DECIDE}
    ),
    Role.APPROVER: frozenset(
        {Right.FLAGS, Right.LISTS, Right.PUBLICATIONS, Right.LOOK_UP, Right.FULL_NUMBER, Right.AGREE}
    ),
    Role.AUDITOR: frozenset(
        {Right.FLAGS, Right.LISTS, Right.PUBLICATIONS, Right.QUARANTINE, Right.RUNS, Right.AUDIT}
    ),
    Role.ADMINISTRATOR: frozenset({Right.LISTS, Right.PUBLICATIONS, Right.QUARANTINE, Right.RUNS}),
}

ROLE_TITLES: Mapping[str, str] = {
    Role.READER: "查阅",
    Role.OFFICER: "经办",
    Role.APPROVER: "复核",
    Role.AUDITOR: "审计",
    Role.ADMINISTRATOR: "运维",
}


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who is signed in."""

    name: str
    """As it goes on record; tells users apart."""
    title: str
    """As pages show it."""
    roles: frozenset[Role]
    departments: frozenset[str]

    @property
    def rights(self) -> frozenset[Right]:
        """Everything that one of the roles allows."""
        return frozenset().union(*(RIGHTS[role] for role in self.roles))

    def may(self, right: Right) -> bool:
        """Whether one of the roles allows it."""
        return right in self.rights

    @property
    def all_departments(self) -> bool:
        """Whether no department is hidden from the user."""
        return ALL_DEPARTMENTS in self.departments

    def sees(self, department: str) -> bool:
        """Whether the matters of a department (as pages name it) are the user's."""
        return self.all_departments or department in self.departments

    @property
    def roles_title(self) -> str:
        """The roles in Chinese."""
        return "、".join(ROLE_TITLES[role] for role in Role if role in self.roles)


def roles_of(names: object) -> frozenset[Role]:
    """The roles among stored names; what is no role gives no right."""
    known = {role.value: role for role in Role}
    return frozenset(known[name] for name in names if name in known) if isinstance(names, list) else frozenset()
