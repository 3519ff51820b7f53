"""How far the publication of a decision has come."""

from enum import StrEnum


class Standing(StrEnum):
    """Where the first publication of a decision stands."""

    ACCEPTED = "accepted"
    SENT = "sent"
    """Handed over; the platform has not answered yet, or never does."""
    REJECTED = "rejected"
    UNSENT = "unsent"
