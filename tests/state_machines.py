"""What the machines have in common that live through many nights: a store and a folder for each example, few examples."""

from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test
from sqlalchemy import Engine
from sqlalchemy.engine import URL

from tests.stores import postgresql_store, sqlite_store


class ManyNights(RuleBasedStateMachine):
    """A machine of which each example begins with an empty store."""

    server: URL | None
    base: Path
    examples = 0

    def empty_store(self) -> tuple[Engine, Path]:
        """And a folder of its own."""
        type(self).examples += 1
        folder = self.base / str(self.examples)
        folder.mkdir()
        return postgresql_store(self.server) if self.server else sqlite_store(folder), folder


def live_through(
    machine: type[ManyNights], base: Path, *, examples: int, steps: int, server: URL | None = None
) -> None:
    """Runs a machine, on SQLite where there is no server."""

    class Here(machine):
        pass

    Here.base, Here.server = base, server
    config = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        phases=(Phase.generate,),  # a night takes long; a failure is told as it is, not shrunk
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Here, settings=config)
