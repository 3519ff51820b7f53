"""The pages of the site, from the templates in reports/site/.

Everything is escaped, and every page forbids whatever is not the site's own style sheet and script: nothing is fetched
from elsewhere and no text of a source becomes code.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from credit_sync.publishing.persons import Desensitised, PersonRules
from credit_sync.publishing.site.content import RECORDS_PER_PAGE, TEMPLATES, Section, Site
from credit_sync.publishing.site.open_data import DataFile
from credit_sync.publishing.site.views import RecordView
from credit_sync.publishing.standard import FieldTable, PublishedField, Standard

_NEWEST = 8
_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; base-uri 'none'; form-action 'none'"
_TYPES = {"text": "文字", "date": "日期", "amount": "金额（万元）"}
_TREATMENTS = {"show": "完整公开", "mask": "隐去部分", "omit": "不公开"}
DICTIONARY_HEAD = ("字段代码", "字段名称", "类型", "最大字数", "取值", "自然人的公开方式", "其他主体的公开方式")


class Pages:
    """Writes the pages of a site into a folder."""

    def __init__(self, folder: Path, site: Site) -> None:
        self.folder = folder
        self._environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self._environment.filters["paragraphs"] = _paragraphs
        self._environment.filters["size"] = _size
        self._site = site

    def assets(self) -> None:
        """Style sheet and script."""
        for name in ("site.css", "site.js"):
            (self.folder / name).write_bytes((TEMPLATES / name).read_bytes())

    def list_page(self, section: Section, number: int, records: Sequence[RecordView]) -> None:
        """One page of a list."""
        numbers = list(_page_numbers(number, section.pages))
        path = f"{section.kind}/{number}.html"
        self._write(
            "list.html.j2", path, root="../", section=section, number=number, numbers=numbers, records=records
        )

    def home(self, newest: Sequence[tuple[Section, Sequence[RecordView]]]) -> None:
        """The first page: search and the newest records."""
        tables = [
            {
                "kind": section.kind,
                "title": section.title,
                "count": section.count,
                "files": section.search_files,
                "page": RECORDS_PER_PAGE,
            }
            for section in self._site.sections
        ]
        shown = [(section, records[:_NEWEST]) for section, records in newest]
        self._write("index.html.j2", "index.html", root="", tables=tables, newest=shown)

    def data(
        self, files: Sequence[DataFile], dictionaries: Sequence[tuple[Section, Sequence[Sequence[str]]]]
    ) -> None:
        """The page of the open data."""
        heads = DICTIONARY_HEAD
        self._write("data.html.j2", "data.html", root="", files=files, dictionaries=dictionaries, heads=heads)

    def about(self, treatments: Sequence[tuple[str, str]]) -> None:
        """Publicity periods, objections, what is hidden, terms of use."""
        self._write("about.html.j2", "about.html", root="", treatments=treatments)

    def _write(self, template: str, path: str, **values: Any) -> None:
        page = self._environment.get_template(template).render(
            site=self._site, policy=_POLICY, here=path, **values
        )
        target = self.folder / path
        target.parent.mkdir(exist_ok=True)
        target.write_text(page, encoding="utf-8", newline="\n")


def dictionary_rows(standard: Standard, table: FieldTable, fit: Desensitised) -> list[tuple[str, ...]]:
    """The data dictionary: one line per field, in the order of `DICTIONARY_HEAD`."""
    return [
        (
            field.code,
            field.title,
            _TYPES[field.type],
            str(field.length or ""),
            standard.lists[field.values].describe() if field.values else "",
            _treatment(field, fit, person=True),
            _treatment(field, fit, person=False),
        )
        for field in table.fields
    ]


def person_treatments(rules: PersonRules) -> list[tuple[str, str]]:
    """What becomes of natural persons' data, for the page about the site."""
    named = [
        ("自然人姓名", rules.name),
        ("自然人证件号码", rules.id),
        ("自然人住址、联系方式", rules.address),
        ("法定代表人、负责人、经营者姓名", rules.representative_name),
        ("法定代表人、负责人、经营者证件号码", rules.representative_id),
        ("其他内容中出现的证件号码、手机号码", rules.texts),
    ]
    return [(title, _TREATMENTS[rule.publish]) for title, rule in named]


def _treatment(field: PublishedField, fit: Desensitised, *, person: bool) -> str:
    what, publish = fit.rule_of(field, person=person)
    return _TREATMENTS["show" if what == "text" and publish == "mask" else publish]


def _page_numbers(current: int, last: int) -> Iterator[int]:
    """The pages a list page leads to: the first, the last, and those around it; 0 stands for a gap."""
    wanted = sorted({1, last, *range(max(1, current - 2), min(last, current + 2) + 1)})
    before = 0
    for number in wanted:
        if number - before > 1:
            yield 0
        yield number
        before = number


def _paragraphs(text: str) -> Iterable[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _size(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB" if size >= 1_000_000 else f"{max(1, round(size / 1000))} KB"
