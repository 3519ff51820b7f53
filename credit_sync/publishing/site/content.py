"""What a site is made of: settings, edition, rules for persons, and which submissions are public."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from pathlib import Path

import orjson

from credit_sync.channel_settings import WebsiteChannel
from credit_sync.publishing.persons import Desensitised, PersonTable
from credit_sync.publishing.site.public import PublicTable
from credit_sync.publishing.standard import Standard
from credit_sync.shipped import shipped

TEMPLATES = shipped("reports") / "site"
_PROGRAM = Path(__file__).resolve().parents[2]
RECORDS_PER_PAGE = 50
RECORDS_PER_SEARCH_FILE = 5000


@dataclass(frozen=True, slots=True)
class Section:
    """One kind of record on the site: 行政许可 or 行政处罚."""

    kind: str
    title: str
    count: int

    @property
    def pages(self) -> int:
        """How many list pages there are; an empty list has one."""
        return max(1, -(-self.count // RECORDS_PER_PAGE))

    @property
    def search_files(self) -> int:
        """How many files the search reads."""
        return -(-self.count // RECORDS_PER_SEARCH_FILE)


@dataclass(frozen=True)
class Site:
    """All that goes into a site beside the rows themselves. `updated` is the time of the last batch."""

    channel: WebsiteChannel
    organ: str
    standard: Standard
    persons: PersonTable
    updated: datetime
    tables: Sequence[PublicTable]

    @cached_property
    def sections(self) -> Sequence[Section]:
        """The kinds of records, in the order of `tables`."""
        return [Section(t.kind.value, t.table.title, len(t.submissions)) for t in self.tables]

    @cached_property
    def number(self) -> str:
        """The digest of the content, the same for the same site. A row never changes once it has left the outbox."""
        content = {
            "program": [sha256(path.read_bytes()).hexdigest() for path in _program_files()],
            "channel": self.channel.model_dump(mode="json", exclude={"folder"}),
            "organ": self.organ,
            "standard": self.standard.model_dump(mode="json"),
            "persons": self.persons.model_dump(mode="json"),
            "updated": self.updated,
            "tables": {table.kind.value: table.submissions for table in self.tables},
        }
        return sha256(orjson.dumps(content)).hexdigest()[:24]

    def fit_for_public(self, public: PublicTable) -> Desensitised:
        """Takes out of rows of a table what the public must not see of natural persons."""
        return Desensitised(self.persons, self.channel.kind, self.standard, public.table)


def _program_files() -> Iterator[Path]:
    """What a site's bytes depend on beside its content: a new version of the program builds the site again."""
    yield from sorted((_PROGRAM / "publishing").rglob("*.py"))
    yield from sorted((_PROGRAM / "subjects").rglob("*.py"))
    yield from sorted(TEMPLATES.iterdir())
