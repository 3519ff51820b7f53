"""Names of persons that lost characters, or hide some: a whole name is asked as the damaged ones on the lists show it.

Like masked numbers: lists have few such names, of few *shapes* (which places are shown, `1`, and which are not, `?`), so
王小喆 asks as 王?喆 where some listed name has lost its second character of three, and costs nothing where none has. A
name of which less than half is shown (张某某) is nobody's, and found by its number alone.
"""

from collections.abc import Sequence

from credit_sync.subjects.identifiers import masked
from credit_sync.subjects.person_names import LOST, as_far_as_shown, fold_person_name


def shown_names(names: Sequence[str]) -> list[str]:
    """Names folded, ? for every character that is lost or hidden."""
    found = list(map(fold_person_name, names))
    together = "".join(found)  # most blocks have none that is damaged: seen at once
    return found if together.isalpha() and "某" not in together else list(map(as_far_as_shown, found))


def name_shapes(names: Sequence[str]) -> set[str]:
    """The shapes of the damaged ones among some names, as far as they show enough to be asked for."""
    damaged = [name for name in shown_names(names) if LOST in name]
    return {
        "".join([LOST if place == LOST else "1" for place in name])
        for name in damaged
        if 2 * name.count(LOST) <= len(name)
    }


def seen_as_damaged(names: Sequence[str], shapes: Sequence[str]) -> tuple[list[str], list[int]]:
    """Names folded, as each name shape of their length shows them; and of each its place in `names`."""
    of_names = [shape for shape in shapes if LOST in shape]
    if not of_names:
        return [], []
    by_length: dict[int, list[tuple[str, int]]] = {}
    for place, name in enumerate(map(fold_person_name, names)):
        by_length.setdefault(len(name), []).append((name, place))
    found: list[str] = []
    whose: list[int] = []
    for length in sorted({len(shape) for shape in of_names} & by_length.keys()):
        fitting = [shape for shape in of_names if len(shape) == length]
        found += masked.project([name for name, _ in by_length[length]], fitting, LOST)
        whose += [place for _, place in by_length[length]] * len(fitting)
    return found, whose


def one_lost(names: Sequence[str]) -> list[str]:
    """The shapes of names of which any one character is lost."""
    lengths = {len(fold_person_name(name)) for name in names}
    return [
        f"{'1' * place}{LOST}{'1' * (length - place - 1)}"
        for length in lengths
        if length > 1
        for place in range(length)
    ]
