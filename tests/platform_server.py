"""A receiving platform: a real HTTP server that validates what it gets, remembers it, and misbehaves on demand.

It speaks as `mappings/channels/rows_api.toml` has it. It keeps rows by their keys, and what is public by record: an
addition of what is there, a correction or withdrawal of what is not there are refused, as a real platform does.
"""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from credit_sync.publishing.findings import has_errors
from credit_sync.publishing.standard import Row
from credit_sync.publishing.validation import validate
from credit_sync.records import RecordKind
from tests.publishing import EDITION_2018, EDITION_2018_SFZH
from tests.servers import Answer, Request, json_answer, serve

Fault = Literal[
    "",
    "busy",  # 429, nothing taken
    "failed",  # 500, nothing taken
    "failed_after",  # 500, everything taken
    "silent_after",  # taken, and no answer until the client has given up
    "taken_late",  # taken only when the client has given up; not among FAULTS, for no client can know how late
    "closed",  # the line is closed, nothing taken
    "closed_after",  # taken, then the line is closed
    "cut_answer",  # taken, half an answer
    "slow_answer",  # taken, the answer drips
    "partial",  # half the rows are taken, and only they are answered
    "twice",  # every row is answered twice
    "garbled",  # taken, the answer is a web page
]
FAULTS: tuple[Fault, ...] = (
    "failed_after",
    "closed",
    "partial",
    "cut_answer",
    "busy",
    "silent_after",
    "twice",
    "closed_after",
    "failed",
    "garbled",
    "slow_answer",
)
KINDS = {"XZXK": RecordKind.LICENCE, "XZCF": RecordKind.PENALTY}
REFUSED = "拒收"
"""A row with this in its remarks is refused, whatever we think of it."""


@dataclass
class Kept:
    """A row that arrived, and what the platform made of it."""

    record: str
    action: str
    row: Row
    state: str
    reason: str
    number: str


@dataclass
class Platform:
    """The platform's memory."""

    fault: Callable[[int], Fault] = lambda _: ""
    """What goes wrong with the request of this number."""
    silence: float = 1.0
    remembers_keys: bool = False
    """A key that comes again is answered as the first time; otherwise it counts as another row."""
    decides_later: bool = False
    refuses_all: bool = False
    on: date = date(2018, 11, 30)
    kept: dict[str, Kept] = field(default_factory=dict)
    arrivals: Counter[str] = field(default_factory=Counter)
    public: dict[str, Row] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    check: Callable[[Request], bool] = lambda _: True
    """Whether a request is signed as it should be."""

    def __post_init__(self) -> None:
        self._lock = threading.Lock()

    def memory(self) -> dict[str, Any]:
        """What it remembers, as arguments of another one."""
        return {"kept": self.kept, "arrivals": self.arrivals, "public": self.public}

    def respond(self, request: Request) -> Answer:
        """The answer to a request."""
        fault = self.fault(request.number)
        if not self.check(request):
            return json_answer({"errorCode": "403", "errorMsg": "签名不对"}, status=403)
        if fault == "busy":
            return json_answer({}, status=429, headers={"Retry-After": "0"})
        if fault == "failed":
            return json_answer({"errorCode": "500"}, status=500)
        if fault == "closed":
            raise ConnectionResetError
        body = json.loads(request.body)
        if fault == "taken_late":
            time.sleep(self.silence)
        with self._lock:
            told = self._answer_keys(body["keys"]) if "keys" in body else self._take(body, fault == "partial")
        return self._misbehave(fault, {"errorCode": "200", "rows": told * (2 if fault == "twice" else 1)})

    def decide(self) -> None:
        """What is undecided gets its receipt."""
        with self._lock:
            for kept in self.kept.values():
                if kept.state == "0":
                    self._decide(kept)

    def _misbehave(self, fault: Fault, answer: dict[str, Any]) -> Answer:
        if fault == "failed_after":
            return json_answer({"errorCode": "500"}, status=500)
        if fault == "silent_after":
            time.sleep(self.silence)
        if fault == "closed_after":
            raise ConnectionResetError
        if fault == "garbled":
            return Answer("<html>系统维护中</html>".encode())
        sent = json_answer(answer)
        if fault == "cut_answer":
            return Answer(sent.body[: len(sent.body) // 2], announce=len(sent.body))
        if fault == "slow_answer":
            return Answer(sent.body[:20], announce=len(sent.body), drip=0.005)
        return sent

    def _take(self, body: dict[str, Any], partial: bool) -> list[dict[str, str]]:
        rows = body["body"]
        taken = rows[: len(rows) // 2] if partial else rows
        return [self._take_row(KINDS[body["tableCode"]], dict(row)) for row in taken]

    def _take_row(self, kind: RecordKind, row: Row) -> dict[str, str]:
        key, record, action = row.pop("SOURCEKEY"), row.pop("XYPTGUID"), row.pop("DATA_STATE")
        known = self.kept.get(key)
        if known is None or not self.remembers_keys:
            self.arrivals[key] += 1
            known = self.kept[key] = Kept(record, action, row, "0", "", str(len(self.kept) + 1))
            edition = EDITION_2018 if {"XK_XDR_LB", "CF_XDR_LB"} & row.keys() else EDITION_2018_SFZH
            errors = [f.message for f in validate(row, kind, edition, self.on) if has_errors([f])]
            if self.refuses_all or (action != "3" and (errors or REFUSED in row.get("BZ", ""))):
                known.state, known.reason = "2", "；".join(errors) or "不合要求"
            elif not self.decides_later:
                self._decide(known)
        return self._told(key)

    def _decide(self, kept: Kept) -> None:
        there = kept.record in self.public
        if there != (kept.action != "1"):
            kept.state, kept.reason = "2", "系统已存在该记录" if there else "系统没有该记录"
            return
        kept.state = "1"
        if kept.action == "3":
            del self.public[kept.record]
        else:
            self.public[kept.record] = kept.row

    def _answer_keys(self, keys: list[str]) -> list[dict[str, str]]:
        return [self._told(key) for key in keys if key in self.kept]

    def _told(self, key: str) -> dict[str, str]:
        kept = self.kept[key]
        return {"SOURCEKEY": key, "status": kept.state, "errorMsg": kept.reason, "id": kept.number}


@contextmanager
def receiving(platform: Platform) -> Iterator[str]:
    """The platform on a free port; yields its address."""
    with serve(platform.respond) as server:
        platform.requests = server.requests
        yield server.url


def every(nth: int, faults: tuple[Fault, ...] = FAULTS) -> Callable[[int], Fault]:
    """One fault after the other, at every nth request."""
    return lambda number: faults[(number // nth - 1) % len(faults)] if number % nth == 0 else ""
