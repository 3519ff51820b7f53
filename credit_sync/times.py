"""Times as other programs read them: the store's are local and say no zone."""

from datetime import datetime


def with_offset(local: datetime | None) -> str | None:
    """With its offset (RFC 3339): whoever reads it may live by another clock."""
    return local.astimezone().isoformat() if local else None
