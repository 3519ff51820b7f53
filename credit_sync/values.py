"""Values: objects that nobody changes once they are made, made by the million."""

from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

Class = TypeVar("Class")


@dataclass_transform(kw_only_default=True, frozen_default=True)
def value(cls: type[Class]) -> type[Class]:
    """A frozen dataclass for whoever checks types. Objects do not guard themselves: that takes four times as long as to
    make them.
    """
    return dataclass(slots=True, kw_only=True, unsafe_hash=True)(cls)
