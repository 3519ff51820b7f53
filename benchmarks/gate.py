"""The gate among M listings: a served desk, asked over HTTP by one client and by several at once.

    python -m benchmarks.gate --listings 1000000 [--data FOLDER] [--url postgresql+psycopg://USER@HOST/DB]

Loads the store through the ordinary pull, once per input and URL, and posts applications made of its applicants: five
subjects each, planted ones and strangers. Every answer goes on record, as always. Ends with 2 when the target is missed.
"""

import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import httpx
import numpy as np
import polars as pl

from benchmarks.made_input.write import make_input
from benchmarks.options import store_parser
from benchmarks.stores import MadeStore, loaded
from credit_sync.api_keys import Scope, make_key
from credit_sync.settings import load_settings
from credit_sync.store import audit
from credit_sync.store.engine import open_engine, writing
from credit_sync.store.migrate import upgrade

SECONDS = 0.3
_SUBJECTS, _CLIENTS, _NOTES = 5, 8, 500
_DESK = "\n[desk]\napi_requests_per_minute = 1000000\n"


def main() -> int:
    """Loads, serves, asks, prints."""
    options = store_parser(__doc__, "--queries", 1000).parse_args()
    folder = make_input(options.folder, options.seed, options.queries, options.listings, options.data)
    store = loaded(
        folder / ("store" if not options.url else f"store-{options.url.split(':')[0]}"), folder, options.url
    )
    store.config.write_text(store.config.read_text("utf-8") + _DESK, encoding="utf-8")
    key, note = _prepared(store)
    bodies = list(_bodies(pl.read_parquet(folder / "applicants.parquet")))
    with _served(store) as address, httpx.Client(base_url=address, timeout=60) as client:
        client.headers["authorization"] = f"Bearer {key}"
        first = _post(client, bodies[0])
        alone = [_post(client, body) for body in bodies]
        stored = [_timed(lambda: client.get("/api/v1/gate/made/none")) for _ in bodies]
        began = time.perf_counter()
        with ThreadPoolExecutor(_CLIENTS) as pool:
            crowd = list(pool.map(lambda body: _post(client, body), bodies))
        took = time.perf_counter() - began
    p95 = float(np.percentile(alone, 95))
    print(f"| first after the start | {first * 1000:.0f} ms | |")
    print(
        f"| POST, {_SUBJECTS} subjects, one client, median of {len(alone)} | {statistics.median(alone) * 1000:.0f} ms | |"
    )
    print(f"| 95 % within | {p95 * 1000:.0f} ms | target < {SECONDS * 1000:.0f} ms |")
    print(f"| GET, not known, median | {statistics.median(stored) * 1000:.1f} ms | |")
    print(f"| POST, {_CLIENTS} clients, 95 % within | {float(np.percentile(crowd, 95)) * 1000:.0f} ms | |")
    print(f"| answers a second | {len(crowd) / took:.0f} | |")
    print(f"| of which the entry in the audit log, alone | {note * 1000:.1f} ms | |")
    return 2 if p95 >= SECONDS else 0


def _prepared(store: MadeStore) -> tuple[str, float]:
    """A key, and the seconds that one entry of the audit log takes."""
    engine = open_engine(load_settings(store.config))
    upgrade(engine)
    now = datetime.now().replace(microsecond=0)
    name, until = f"benchmark-{time.time_ns()}", now + timedelta(days=1)
    key = make_key(engine, name, scopes=[Scope.GATE], systems=["*"], expires_at=until, by="benchmark", at=now)
    began = time.perf_counter()
    for _ in range(_NOTES):
        with writing(engine) as connection:
            audit.note(connection, at=now, who="benchmark", action="gate", target="x", detail={"verdict": "clear"})
    took = (time.perf_counter() - began) / _NOTES
    engine.dispose()
    return key, took


def _bodies(asked: pl.DataFrame) -> Iterator[dict[str, Any]]:
    rows = asked.to_dicts()
    for start in range(0, len(rows) - _SUBJECTS + 1, _SUBJECTS):
        subjects = [_subject(row) for row in rows[start : start + _SUBJECTS]]
        yield {"system": "made", "application": str(start), "application_kind": "project", "applicants": subjects}


def _subject(row: dict[str, Any]) -> dict[str, Any]:
    person = row["kind"] == "person"
    return {
        "role": "leader" if person else "applying_unit",
        "kind": row["kind"],
        "name": row["name"],
        "identifier": row["identifier"] or "",
        "legal_representative": row["legal_representative"] or "",
        "region": row["region"] or "",
    }


def _post(client: httpx.Client, body: dict[str, Any]) -> float:
    return _timed(lambda: client.post("/api/v1/gate", json=body))


def _timed(ask: Any) -> float:
    began = time.perf_counter()
    ask().raise_for_status()
    return time.perf_counter() - began


@contextmanager
def _served(store: MadeStore) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command: Sequence[str] = ("-m", "credit_sync", "desk", "--port", str(port), "--config", str(store.config))
    server = subprocess.Popen([sys.executable, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(address, server)
        yield address
    finally:
        server.terminate()
        server.wait()


def _wait(address: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if server.poll() is not None:
            sys.exit("the desk did not start")
        try:
            httpx.get(f"{address}/api/v1/health").raise_for_status()
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    sys.exit("the desk does not answer")


if __name__ == "__main__":
    sys.exit(main())
