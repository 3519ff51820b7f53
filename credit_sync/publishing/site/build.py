"""Building the site: all of it in a folder of its own, then one switch.

    FOLDER/public          what the web server serves: a link to the build that is shown
    FOLDER/.builds/NUMBER  that build; NUMBER is the digest of all that went into it

The link is replaced in one step, so a visitor sees the old site or the new one; the old build is then removed, and
with it every page and file of what is no longer public. The same content is the same number and is not built again.
"""

import os
import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from sqlalchemy import Connection

from credit_sync.publishing.site.content import RECORDS_PER_PAGE, Section, Site
from credit_sync.publishing.site.open_data import OpenData, data_files, write_dictionary
from credit_sync.publishing.site.pages import DICTIONARY_HEAD, Pages, dictionary_rows, person_treatments
from credit_sync.publishing.site.public import PublicRecord, PublicTable
from credit_sync.publishing.site.search_data import SearchData
from credit_sync.publishing.site.views import RecordView, Viewer

PUBLIC = "public"
_BUILDS = ".builds"
_UNFINISHED = ".unfinished"


def build_site(connection: Connection, site: Site, folder: Path) -> Path:
    """Brings the site in `folder` up to date; returns the folder to serve. Raises OSError where it cannot."""
    builds, public = folder / _BUILDS, folder / PUBLIC
    finished = builds / site.number
    if not (finished.is_dir() and public.is_symlink() and public.resolve() == finished.resolve()):
        workshop = builds / _UNFINISHED
        shutil.rmtree(workshop, ignore_errors=True)
        try:
            workshop.mkdir(parents=True)
            _build(connection, site, workshop)
            _flush(workshop)
            shutil.rmtree(finished, ignore_errors=True)
            workshop.rename(finished)
        finally:  # what a full disk did not take whole takes room
            shutil.rmtree(workshop, ignore_errors=True)
        _switch(public, finished)
    for old in builds.iterdir():
        if old.name != site.number and old.is_dir() and not old.is_symlink():  # what else lies there is not ours
            shutil.rmtree(old)
    return public


def _flush(folder: Path) -> None:
    """To the disk, so that a power cut after the switch finds the site."""
    for path in (*folder.rglob("*"), folder):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _switch(public: Path, finished: Path) -> None:
    link = public.with_name(f".{PUBLIC}")
    link.unlink(missing_ok=True)
    link.symlink_to(Path(_BUILDS) / finished.name, target_is_directory=True)
    link.replace(public)


def _build(connection: Connection, site: Site, folder: Path) -> None:
    pages = Pages(folder, site)
    newest, dictionaries = [], []
    for section, public in zip(site.sections, site.tables, strict=True):
        newest.append((section, _build_section(connection, site, pages, section, public)))
        rows = dictionary_rows(site.standard, public.table, site.fit_for_public(public))
        write_dictionary(folder, section.kind, [DICTIONARY_HEAD, *rows])
        dictionaries.append((section, rows))
    pages.assets()
    pages.home(newest)
    pages.data(data_files(folder), dictionaries)
    pages.about(person_treatments(site.persons.website))


def _build_section(
    connection: Connection, site: Site, pages: Pages, section: Section, public: PublicTable
) -> Sequence[RecordView]:
    """The list pages, search and data files of one kind, in one pass over its rows; returns the first page."""
    fit, view = site.fit_for_public(public), Viewer(site.standard, public.table)
    first: list[RecordView] = []
    page: list[RecordView] = []
    with ExitStack() as open_:
        data = open_.enter_context(OpenData(pages.folder, public.table, section, site.updated))
        search = open_.enter_context(SearchData(pages.folder, section.kind, site.number))
        for place, found in enumerate(public.records(connection), 1):
            record = PublicRecord(found.record_id, fit(found.row))
            data.add(record.row)
            page.append(view(record))
            search.add(page[-1])
            if len(page) == RECORDS_PER_PAGE or place == section.count:
                pages.list_page(section, -(-place // RECORDS_PER_PAGE), page)
                first, page = first or page, []
    if not section.count:
        pages.list_page(section, 1, [])
    return first
