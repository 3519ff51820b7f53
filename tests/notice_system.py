"""An application system that takes notices over HTTP: a real server that remembers keys, and misbehaves on demand.

It speaks as `mappings/write_back/notices_http.toml` has it.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.servers import Answer, Request, Server, json_answer, serve

Fault = Literal["", "busy", "failed", "failed_after", "closed", "closed_after", "cut_answer", "partial", "garbled"]
FAULTS: tuple[Fault, ...] = (
    *("busy", "failed", "failed_after", "closed", "closed_after", "cut_answer", "partial", "garbled"),
)


@dataclass
class NoticeSystem:
    """Its memory: every notice that it took, in the order of arrival."""

    fault: Callable[[int], Fault] = lambda _: ""
    """What goes wrong with the request of this number."""
    refuses: Callable[[dict[str, str]], bool] = lambda _: False
    remembers_keys: bool = True
    """Without it a key that comes again is another notice."""
    taken: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()

    def respond(self, request: Request) -> Answer:
        fault = self.fault(request.number)
        if fault == "busy":
            return json_answer({}, status=429, headers={"Retry-After": "0"})
        if fault == "failed":
            return json_answer({}, status=500)
        if fault == "closed":
            raise ConnectionResetError
        body = json.loads(request.body)
        with self._lock:
            rows = self._known(body["noticeIds"]) if "noticeIds" in body else self._take(body["notices"], fault)
        if fault == "closed_after":
            raise ConnectionResetError
        if fault == "failed_after":
            return json_answer({}, status=500)
        if fault == "garbled":
            return Answer(b"<html>login</html>", headers={"Content-Type": "text/html"})
        answer = json_answer({"code": "200", "rows": rows})
        half = len(answer.body) // 2
        return (
            Answer(answer.body[:half], headers=answer.headers, announce=9999) if fault == "cut_answer" else answer
        )

    def of(self, flag: str) -> list[tuple[str, str, str]]:
        """What it was told of a flag: (sequence, event, status)."""
        return [(row["seq"], row["event"], row["status"]) for row in self.taken if row["warningId"] == flag]

    def _known(self, keys: list[str]) -> list[dict[str, str]]:
        there = {row["noticeId"] for row in self.taken}
        return [{"noticeId": key, "result": "ok"} for key in keys if key in there]

    def _take(self, rows: list[dict[str, str]], fault: Fault) -> list[dict[str, str]]:
        answers = []
        for row in rows[: (len(rows) + 1) // 2] if fault == "partial" else rows:
            key = row["noticeId"]
            if self.remembers_keys and key in {known["noticeId"] for known in self.taken}:
                answers.append({"noticeId": key, "result": "duplicate"})
            elif self.refuses(row):
                answers.append({"noticeId": key, "result": "error", "message": "没有这个项目 340100190001040017"})
            else:
                self.taken.append(row)
                answers.append({"noticeId": key, "result": "ok"})
        return answers


@contextmanager
def taking(system: NoticeSystem) -> Iterator[Server]:
    """The system on a free port."""
    with serve(system.respond) as server:
        yield server


def settings_of(url: str, **more: Any) -> dict[str, Any]:
    """A table `[systems.NAME]` for it."""
    known = {"kind": "http", "system": "kj", "mapping": "notices_http", "url": url, "receipts_url": url}
    return known | {"backoff_seconds": 0, "rate_per_second": 1000, "timeout_seconds": 5} | more
