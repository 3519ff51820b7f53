"""kill -9 in the middle of a pull: the next run goes on, and the tables end as if nothing had happened."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import contents
from pull_world import World, entry
from sqlalchemy import Engine
from sqlalchemy.engine import URL

from credit_sync.pulling.pull import pull
from credit_sync.store import ledger
from credit_sync.store.engine import connect
from credit_sync.store.migrate import upgrade

DYING = """
import os, signal, sys
from pathlib import Path

sys.path.insert(0, sys.argv[1])
from pull_world import World
from sqlalchemy import event
from sqlalchemy.engine import make_url

from credit_sync.pulling.pull import pull
from credit_sync.store.engine import connect

engine = connect(make_url(sys.argv[2]))
world = World.__new__(World)
world.engine, world.folder, world.night = engine, Path(sys.argv[3]), int(sys.argv[4])
left = int(sys.argv[5])


def die(*_):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)


event.listen(engine, "before_cursor_execute" if sys.argv[6] == "statement" else "commit", die)
pull(engine, world.settings, world.begin(), accept_shrink=True)
print("survived")
"""


def nights() -> list[dict[str, list[Any]]]:
    bad = [entry(n, 发布日期="昨天") for n in range(5000, 5010)]
    first = {"a": [entry(n, f"张{n}") for n in range(1300)] + bad, "b": [entry(n, f"李{n}") for n in range(60)]}
    second = {
        "a": [entry(n, f"张{n}" if n % 7 else f"王{n}") for n in range(200, 1400)],
        "b": [{"案号": n, "状态": "删除"} for n in range(20)] + [entry(n, f"李{n}新") for n in range(50, 70)],
    }
    return [first, second]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[object, ...]]]:
    folder = tmp_path_factory.mktemp("undisturbed")
    engine = connect(URL.create("sqlite", database=str(folder / "undisturbed.db")))
    upgrade(engine)
    world = World(engine, folder / "world")
    for rows in nights():
        finish_night(world, rows)
    return contents(engine)


def finish_night(world: World, rows: dict[str, list[Any]]) -> None:
    for name, lines in rows.items():
        world.deliver(name, *lines)
    run = world.begin()
    assert {r.state for r in pull(world.engine, world.settings, run, accept_shrink=True)} <= {
        "accepted",
        "finished_before",
    }
    ledger.finish(world.engine, run, "done")


def die_in_night(world: World, rows: dict[str, list[Any]], after: int, event: str) -> None:
    """A process of its own pulls the night and kills itself at the given statement or commit."""
    for name, lines in rows.items():
        world.deliver(name, *lines)
    url = world.engine.url.render_as_string(hide_password=False)
    arguments = [str(Path(__file__).parent), url, str(world.folder), str(world.night), str(after), event]
    done = subprocess.run([sys.executable, "-c", DYING, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr


@pytest.mark.parametrize(("event", "after"), [("statement", 15), ("statement", 29), ("commit", 1), ("commit", 2)])
def test_a_killed_pull_goes_on(
    engine: Engine, tmp_path: Path, event: str, after: int, undisturbed: dict[str, list[tuple[object, ...]]]
) -> None:
    world = World(engine, tmp_path / "world")
    first, second = nights()
    finish_night(world, first)
    die_in_night(world, second, after, event)
    finish_night(world, second)
    found = contents(engine)
    assert found.keys() == undisturbed.keys()
    for table, rows in undisturbed.items():
        assert json.dumps(found[table], default=str) == json.dumps(rows, default=str), table
