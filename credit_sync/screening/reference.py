"""Reference tables that screening rests on, read once from mappings/names/: places, words, name frequencies."""

import csv
import tomllib
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache
from typing import Self

from credit_sync.shipped import shipped
from credit_sync.subjects.organisation_names import OrganisationParser, OrganisationWords
from credit_sync.subjects.organisation_parts import SHORTEST_WITH_OPERATOR, operator_in
from credit_sync.subjects.person_names import (
    NameFrequencies,
    UsualWriting,
    in_other_scripts,
    other_orders,
    persons_together,
)
from credit_sync.subjects.places import Gazetteer
from credit_sync.subjects.subject import Named, SubjectKind
from credit_sync.subjects.writing import bracketed_names, folded, organisations_together


@dataclass(frozen=True)
class Reference:
    """Everything constant that comparing needs."""

    gazetteer: Gazetteer
    organisations: OrganisationParser
    persons: NameFrequencies
    usual: UsualWriting
    """How names of persons are usually written that a register may have otherwise."""
    look_alikes: Mapping[str, frozenset[str]]
    """Each character's group of characters that are taken for it."""
    parts: Mapping[str, str]
    """What is written instead of characters that cannot be typed."""
    aliases: Mapping[str, str]
    """Registered names of organisations by their short forms."""

    def knowing(self, aliases: Mapping[str, str]) -> Self:
        """The same with further aliases."""
        return replace(self, aliases={**self.aliases, **aliases}) if aliases else self

    def names_of(self, subject: Named) -> tuple[str, ...]:
        """Every name a subject is known by: as written, former ones, the registered name behind a short form."""
        name = subject.name
        of_person = subject.kind is _PERSON
        alone = name.isalnum()
        if (
            alone
            and "名" not in name
            and not subject.former_names
            and (not of_person or len(name) < SHORTEST_WITH_OPERATOR)
        ):
            known = self.usual.of(name) if of_person else filter(None, (self._registered(name),))
            return (name, *known)  # as nearly all
        written = (name, *subject.former_names)
        if "名" in name or (not alone and (name.endswith(_BRACKETS) or "原" in name)):
            written += bracketed_names(name)
        if not alone:
            if of_person:
                written += (*other_orders(name), *in_other_scripts(name), *persons_together(name))
            else:
                written += organisations_together(name)
                if second := self.organisations.second_name(name):
                    written += (second,)
        if of_person and (operator := operator_in(name)):
            written += (operator,)  # a trader whose number in the list is his own
        if of_person:
            return (*written, *usual) if (usual := self.usual.of(name)) else written
        return (*written, *filter(None, map(self._registered, written)))

    @cached_property
    def _registered(self) -> Callable[[str], str | None]:
        """The registered name behind a short form, also of a university before what belongs to it (中科大先进技术研究院); recent
        names are remembered, for every pair asks.
        """
        longest = 2 * max(map(len, self.aliases), default=0)  # with blanks between all characters
        universities = {short: name for short, name in self.aliases.items() if name.endswith("大学")}
        lengths = sorted({len(short) for short in universities}, reverse=True)

        def registered(name: str) -> str | None:
            if len(name) > longest:
                return None
            written = folded(name)
            if written.endswith(_OF_UNIVERSITIES) and written not in self.aliases:
                heads = (length for length in lengths if written[:length] in universities)
                return next((universities[written[:n]] + written[n:] for n in heads), None)
            return self.aliases.get(written)

        return lru_cache(50_000)(registered)


_OF_UNIVERSITIES = ("学院", "医院", "研究院", "研究所", "实验室", "中心", "中学", "小学")
_BRACKETS = (")", "）", "]", "〕", "】")
_PERSON = SubjectKind.PERSON  # a member found through its class costs as much as all the rest of taking a name


@cache
def reference() -> Reference:
    """The shipped tables."""
    folder = shipped("mappings") / "names"
    words = tomllib.loads((folder / "organisation_words.toml").read_text(encoding="utf-8"))
    with (folder / "divisions.csv").open(encoding="utf-8", newline="") as file:
        _, *rows = csv.reader(line for line in file if not line.startswith("#"))
    divisions = ((code, name, became) for code, name, _, _, became in rows)
    gazetteer = Gazetteer((*divisions, *(("000000", word) for word in words["nationwide"]["words"])))
    persons = tomllib.loads((folder / "person_names.toml").read_text(encoding="utf-8"))
    return Reference(
        gazetteer=gazetteer,
        organisations=OrganisationParser(
            OrganisationWords(
                misspelt_form=words["forms"]["misspelt"],
                droppable_forms=tuple(words["forms"]["droppable"]),
                branches=tuple(words["branches"]["words"]),
                trades=tuple(words["trades"]["words"]),
                notes=tuple(words["notes"]["words"]),
                note_endings=tuple(words["notes"]["endings"]),
                tails=tuple(words["notes"]["tails"]),
                second_names=tuple(words["notes"]["second_names"]),
                shortened=tuple(words["shortened"].items()),
                abbreviated=tuple(words["abbreviated"].items()),
                renamed=tuple(words["renamed"].items()),
                renamed_in_provinces=tuple(words["renamed_in_provinces"].items()),
                regions=tuple(words["regions"]["words"]),
                opposites=tuple(words["opposites"]["groups"]),
                ranks=tuple(map(tuple, words["ranks"]["groups"])),
            ),
            gazetteer,
        ),
        persons=NameFrequencies(
            surnames={name: percent / 100 for name, percent in persons["surnames"].items()},
            given_characters={name: percent / 100 for name, percent in persons["given_characters"].items()},
            full_names={name: bearers / persons["population"] for name, bearers in persons["full_names"].items()},
            population=persons["population"],
        ),
        usual=UsualWriting(**persons["written_also"]),
        aliases=tomllib.loads((folder / "aliases.toml").read_text(encoding="utf-8"))["aliases"],
        look_alikes=_look_alikes((folder / "look_alikes.txt").read_text(encoding="utf-8")),
        parts=_parts((folder / "taken_apart.txt").read_text(encoding="utf-8")),
    )


def _parts(text: str) -> dict[str, str]:
    return dict(line.split() for line in text.splitlines() if not line.startswith("#"))


def _look_alikes(text: str) -> dict[str, frozenset[str]]:
    groups: dict[str, set[str]] = defaultdict(set)
    for line in text.splitlines():
        if not line.startswith("#"):
            for character in line:
                groups[character].update(line)
    return {character: frozenset(group) for character, group in groups.items()}
