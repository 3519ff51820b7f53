"""Front-end exchange databases for the tests: their tables, and a line to them that can be cut."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Literal

from sqlalchemy import (
    Column,
    Date,
    DateTime,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    Text,
    create_engine,
    select,
)
from sqlalchemy.engine import URL
from sqlalchemy.types import TypeEngine

from credit_sync.publishing.channels.exchange_db.mapping import ExchangeMapping
from credit_sync.publishing.standard import PublishedField, Standard
from credit_sync.publishing.values import PUBLISHED_KINDS


def make_tables(url: URL, mapping: ExchangeMapping, standard: Standard, **types: TypeEngine[Any]) -> MetaData:
    """The tables that a mapping describes, empty. `types`: columns that are of another type than usual."""
    metadata = MetaData()
    row, receipt = mapping.row, mapping.receipt
    beside: dict[str, TypeEngine[Any]] = {row.key: String(36), row.batch: String(36), row.action: String(1)}
    if row.counter:
        beside[row.counter] = Integer()
    beside |= {name: String(30) if written else DateTime() for name, written in row.times.items()}
    if receipt:
        beside[receipt.state] = String(8)
        beside |= {name: String(500) for name in (receipt.reason, receipt.platform_id) if name}
    for kind in PUBLISHED_KINDS:
        fields = standard.table(kind)
        columns = {name: _type(fields.field(code)) for name, code in mapping.columns(kind, fields).items()}
        all_of_them = columns | {name: String(64) for name in mapping.table(kind).constants} | beside
        made = [Column(name, types.get(name, usual)) for name, usual in all_of_them.items()]
        Table(mapping.table(kind).table, metadata, *made)
    engine = create_engine(url)
    there = MetaData()
    there.reflect(engine)
    there.drop_all(engine)
    metadata.create_all(engine)
    engine.dispose()
    return metadata


def rows(url: URL, table: Table) -> list[dict[str, Any]]:
    """What stands in a table, in the order of document numbers and counters."""
    engine = create_engine(url)
    with engine.connect() as connection:
        found = [dict(row._mapping) for row in connection.execute(select(table))]
    engine.dispose()
    return sorted(found, key=lambda row: (row.get("XK_WSH") or row.get("CF_WSH"), row["XYPTBATCHNO"]))


Arrives = Literal["at once", "later", "never"]


@contextmanager
def line_cut_at_commit(url: URL, arrives: Arrives) -> Iterator[URL]:
    """A way to the database that is cut when a transaction that inserted commits. The commit still gets through, or is
    on its way for a while after the line is dead, or is lost; its answer never comes."""
    server = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_accept, args=(server, (url.host, url.port), arrives), daemon=True).start()
    try:
        yield url.set(host="127.0.0.1", port=server.getsockname()[1])
    finally:
        server.close()


def _type(field: PublishedField) -> TypeEngine[Any]:
    if field.type == "date":
        return Date()
    if field.type == "amount":
        return Numeric(18, 6)
    return Text() if field.length > 500 else String(field.length)


def _accept(server: socket.socket, target: tuple[str, int], arrives: Arrives) -> None:
    while True:
        try:
            near, _ = server.accept()
        except OSError:
            return
        far = socket.create_connection(target)
        threading.Thread(target=_forward, args=(near, far, arrives), daemon=True).start()
        threading.Thread(target=_return, args=(far, near), daemon=True).start()


def _forward(near: socket.socket, far: socket.socket, arrives: Arrives) -> None:
    inserted = False
    while data := _received(near):
        inserted = inserted or b"INSERT INTO" in data
        if inserted and b"COMMIT" in data:
            near.shutdown(socket.SHUT_RDWR)
            if arrives == "never":
                far.shutdown(socket.SHUT_RDWR)
                return
            time.sleep(0.7 if arrives == "later" else 0)
            far.sendall(data)
            far.shutdown(socket.SHUT_WR)
            return
        far.sendall(data)
    with suppress(OSError):
        far.shutdown(socket.SHUT_RDWR)


def _return(far: socket.socket, near: socket.socket) -> None:
    while data := _received(far):
        try:
            near.sendall(data)
        except OSError:
            return


def _received(end: socket.socket) -> bytes:
    try:
        return end.recv(65536)
    except OSError:
        return b""
