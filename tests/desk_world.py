"""A desk as the tests need it: the store of two nights, accounts of every kind, and a server of its own for browsers."""

import re
import socket
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine, func, select, update
from sqlalchemy.engine import URL

from credit_sync import logs
from credit_sync.desk.application import make_application
from credit_sync.desk.office import Serving
from credit_sync.desk.rights import ALL_DEPARTMENTS
from credit_sync.desk.serve import be_impatient
from credit_sync.desk.signing_in.local import user_of
from credit_sync.desk.signing_in.passwords import hashed
from credit_sync.desk.visitors import Visitor, sign_in
from credit_sync.desk_settings import Desk, Role
from credit_sync.records import RecordKind
from credit_sync.reporting.labels import NO_DEPARTMENT
from credit_sync.screening.keys import stored_keys
from credit_sync.settings import Settings
from credit_sync.store import schema
from credit_sync.store.candidates import records
from credit_sync.store.desk_users import Account, account, add_account
from credit_sync.store.engine import connect, writing
from tests.conftest import contents
from tests.report_night import Night, troubled_night, two_nights
from tests.stores import sqlite_store

if TYPE_CHECKING:
    from httpx2 import Response

ADDRESS = "http://127.0.0.1:8640"
PASSWORD = "三棵树 and 7 rivers"
SCIENCE, AWARDS = "高新技术处", "成果与奖励处"
USERS: Mapping[str, tuple[tuple[Role, ...], tuple[str, ...]]] = {
    "reader": ((Role.READER,), (ALL_DEPARTMENTS,)),
    "officer": ((Role.OFFICER,), (ALL_DEPARTMENTS,)),
    "approver": ((Role.APPROVER,), (ALL_DEPARTMENTS,)),
    "auditor": ((Role.AUDITOR,), (ALL_DEPARTMENTS,)),
    "administrator": ((Role.ADMINISTRATOR,), (ALL_DEPARTMENTS,)),
    "both": ((Role.OFFICER, Role.APPROVER), (ALL_DEPARTMENTS,)),
    "chief": (tuple(Role), (ALL_DEPARTMENTS,)),
    "science": ((Role.OFFICER,), (SCIENCE,)),
    "homeless": ((Role.OFFICER,), ()),
    "leftovers": ((Role.OFFICER,), (NO_DEPARTMENT,)),
}
FORM_CODE = re.compile(r'name="form_code" value="([0-9a-f]{64})"')
SEEN = re.compile(r'name="seen" value="([^"]+)"')
_KEPT_BY_SIGNING_IN = ("desk_session", "failed_sign_in", "audit")


@dataclass
class Guest:
    """Somebody with a browser, in one way or another."""

    client: TestClient
    form_code: str = field(default="", repr=False)

    def get(self, path: str, **options: Any) -> "Response":
        return self.client.get(path, **options)

    def page(self, path: str) -> str:
        """A page that is there; its form code is kept for what is sent next."""
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        if found := FORM_CODE.search(answer.text):
            self.form_code = found.group(1)
        return answer.text

    def post(self, path: str, **fields: Any) -> "Response":
        return self.client.post(path, data={"form_code": self.form_code} | fields)

    def decide(self, number: int, what: str, **fields: Any) -> "Response":
        """As the page of the flag does it."""
        seen = SEEN.search(self.page(f"/flags/{number}"))
        return self.post(f"/flags/{number}/{what}", **({"seen": seen.group(1) if seen else "-"} | fields))


@dataclass
class World:
    """The store and the application over it."""

    night: Night
    application: FastAPI

    @property
    def engine(self) -> Engine:
        return self.night.engine

    def guest(self, address: str = "192.0.2.7", **options: Any) -> Guest:
        """Nobody yet."""
        client = TestClient(
            self.application,
            base_url=options.pop("base_url", ADDRESS),
            client=(address, 50000),
            follow_redirects=False,
            raise_server_exceptions=False,
            **options,
        )
        return Guest(client)

    def signed_in(self, name: str, **options: Any) -> Guest:
        """Somebody with a local account, without the time that a password takes."""
        guest = self.guest(**options)
        office = self.application.state.office
        with self.engine.connect() as connection:
            found = account(connection, name)
        assert found is not None
        nobody = Visitor(token="", known=False, address="192.0.2.7", user=None)
        guest.client.cookies.set("credit_sync", sign_in(office, nobody, user_of(found), "local"))
        guest.page("/lists")
        return guest

    def flag(self, applicant: str, list_name: str = "") -> int:
        """The number of a flag by its applicant's name."""
        flag, table = schema.flag, schema.applicant
        query = (
            select(flag.c.id)
            .join(table, table.c.id == flag.c.applicant_id)
            .where(table.c.subject_name == applicant)
        )
        query = query.where(flag.c.list == list_name) if list_name else query
        with self.engine.connect() as connection:
            return int(connection.scalars(query.order_by(flag.c.id)).first() or 0)

    def forbid(self, number: int) -> None:
        """The flag's measure forbids outright."""
        with writing(self.engine) as connection:
            measure = connection.scalar(select(schema.flag.c.measure).where(schema.flag.c.id == number))
            forbidding = {**(measure or {}), "effect": "forbid"}
            connection.execute(update(schema.flag).where(schema.flag.c.id == number).values(measure=forbidding))

    def state(self, number: int) -> str:
        with self.engine.connect() as connection:
            return str(connection.scalar(select(schema.flag.c.state).where(schema.flag.c.id == number)))

    def audited(self, action: str) -> list[Any]:
        with self.engine.connect() as connection:
            rows = select(schema.audit).where(schema.audit.c.action == action).order_by(schema.audit.c.id)
            return list(connection.execute(rows))

    def untouched(self) -> dict[str, Any]:
        """Everything that only a person's act at the desk changes."""
        found = contents(self.engine)
        return {name: rows for name, rows in found.items() if name not in _KEPT_BY_SIGNING_IN} | {
            "acts": self._acts()
        }

    def _acts(self) -> int:
        audit = schema.audit
        with self.engine.connect() as connection:
            query = (
                select(func.count())
                .select_from(audit)
                .where(audit.c.action.not_in(("sign_in", "sign_in_refused")))
            )
            return int(connection.scalar(query) or 0)


def make_world(
    folder: Path,
    engine: Engine | None = None,
    *,
    troubled: bool = False,
    serving: Serving | None = None,
    **desk: Any,
) -> World:
    """Two nights (or the third, troubled one), and the desk over them; local accounts unless `desk` says else."""
    logs.configure()
    night = (troubled_night if troubled else two_nights)(folder, engine or sqlite_store(folder))
    _keep_keys(night.engine)
    return World(night, make_desk(night, serving, **({"local_accounts": True} | desk)))


def _keep_keys(engine: Engine) -> None:
    """The applicants' keys, which a pull would have stored, for look-ups."""
    kind = RecordKind.APPLICANT
    with writing(engine) as connection:
        ids = connection.scalars(select(schema.applicant.c.id))
        for number, (found, _) in records(connection, kind, ids).items():
            rows = [{"key": key, "record": kind, "record_id": number} for key in stored_keys(found.subject)]
            connection.execute(schema.subject_key.insert(), rows)


def copied(world: World, folder: Path) -> World:
    """The same over a copy of its SQLite store."""
    with (
        closing(sqlite3.connect(world.engine.url.database or "")) as here,
        closing(sqlite3.connect(folder / "store.db")) as there,
    ):
        here.backup(there)
    night = replace(world.night, engine=connect(URL.create("sqlite", database=str(folder / "store.db"))))
    return World(night, make_desk(night, local_accounts=True))


def make_desk(night: Night, serving: Serving | None = None, **desk: Any) -> FastAPI:
    """Another desk over the same store."""
    settings: Settings = night.settings.model_copy(update={"desk": Desk.model_validate(desk)})
    be_impatient(night.engine)
    reached = serving or Serving(ADDRESS, ("127.0.0.1", "localhost"))
    return make_application(settings, night.engine, reached)


def add_users(engine: Engine, *names: str) -> None:
    """The accounts, all with the same password, which is hashed once."""
    at = datetime(2018, 12, 4, 8, 0)
    with writing(engine) as connection:
        for name in names or USERS:
            roles, departments = USERS[name]
            stored = (name, name, _password(), [role.value for role in roles], list(departments), at, at, None)
            add_account(connection, Account(*stored))


@cache
def _password() -> str:
    return hashed(PASSWORD, "nobody in particular")


@contextmanager
def browsable(application: FastAPI, listener: socket.socket | None = None) -> Iterator[str]:
    """The application for a real browser, at the port of the listener or any: never one that was only looked up
    before, which another process may have taken since."""
    server = uvicorn.Server(uvicorn.Config(application, log_config=None, log_level="critical"))
    with listener or socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"  # connections wait until it has started
        finally:
            server.should_exit = True
            thread.join()
