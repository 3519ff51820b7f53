"""Dice that fall the same way on every Python: only `random()` is guaranteed to keep its sequence."""

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import TypeVar

Item = TypeVar("Item")


class Dice:
    """A stream of chances; streams with different names do not disturb each other."""

    def __init__(self, name: str) -> None:
        self._random = Random(f"credit_sync {name}")

    def number(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + int(self._random.random() * (high - low + 1))

    def pick(self, items: Sequence[Item]) -> Item:
        """One of the items."""
        return items[self.number(0, len(items) - 1)]

    def weighted(self, items: Sequence[tuple[Item, float]]) -> Item:
        """One of the items by its weight."""
        point = self._random.random() * sum(weight for _, weight in items)
        for item, weight in items:
            point -= weight
            if point < 0:
                return item
        return items[-1][0]

    def chance(self, share: float) -> bool:
        """True in this share of throws."""
        return self._random.random() < share

    def day(self, first: date, last: date) -> date:
        """A day from first to last."""
        return first + timedelta(days=self.number(0, (last - first).days))
