"""What one pull came to, in numbers that add up."""

from dataclasses import asdict, dataclass


@dataclass(slots=True)
class Counts:
    """Numbers of one pull of one source. A row with several parts counts once for each.

    Every one of `pulled` is exactly one of: added (new, or there again after a removal), changed, unchanged,
    duplicates (equal to one earlier in the pull), quarantined, skipped (empty rows, notes, totals; in a whole
    list also rows that the source marks as gone), or, in a delta, removed. In a whole list `removed` counts the
    records that no longer came.
    """

    pulled: int = 0
    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0
    duplicates: int = 0
    skipped: int = 0
    quarantined: int = 0
    live: int = 0
    """Records of the source in force afterwards."""

    def stored(self) -> dict[str, int]:
        """As kept in the store."""
        return asdict(self)

    @property
    def news(self) -> int:
        """How many records came, changed or went."""
        return self.added + self.changed + self.removed
