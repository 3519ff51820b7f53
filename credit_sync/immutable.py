"""Objects that nobody changes once they are made, and that are made by the million."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

Class = TypeVar("Class")


@dataclass_transform(frozen_default=True)
def immutable(*, kw_only: bool = False, order: bool = False) -> Callable[[type[Class]], type[Class]]:
    """A frozen dataclass for whoever checks types. Objects do not guard themselves: that takes four times as long as to
    make them.
    """
    return dataclass(slots=True, unsafe_hash=True, kw_only=kw_only, order=order)
