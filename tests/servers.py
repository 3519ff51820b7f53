"""A small HTTP server that behaves as badly as it is told to."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Request:
    """What came in; `number` counts the requests from 1."""

    number: int
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Answer:
    """What goes out. `announce` lies about the length, `drip` waits so many seconds between bytes."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    announce: int | None = None
    drip: float = 0
    drip_headers: bool = False


def json_answer(value: Any, **options: Any) -> Answer:
    """A JSON answer in UTF-8."""
    headers = {"Content-Type": "application/json"} | options.pop("headers", {})
    return Answer(json.dumps(value, ensure_ascii=False).encode(), headers=headers, **options)


@dataclass
class Server:
    """A running server."""

    url: str
    requests: list[Request]


@contextmanager
def serve(respond: Callable[[Request], Answer]) -> Iterator[Server]:
    """A server on a free port of this machine, answering GET and POST with what `respond` gives."""
    requests: list[Request] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            request = Request(len(requests) + 1, parts.path, query, dict(self.headers), body)
            requests.append(request)
            try:
                self._send(respond(request))
            except OSError:
                self.close_connection = True  # the client had enough

        def _send(self, answer: Answer) -> None:
            if answer.drip_headers:
                while True:
                    self.wfile.write(b"H")
                    time.sleep(answer.drip)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            length = len(answer.body) if answer.announce is None else answer.announce
            self.send_header("Content-Length", str(length))
            self.end_headers()
            pieces = [bytes([byte]) for byte in answer.body] if answer.drip else [answer.body]
            for piece in pieces:
                self.wfile.write(piece)
                time.sleep(answer.drip)
            if answer.announce is not None:
                self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield Server(f"http://127.0.0.1:{server.server_port}/rows", requests)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
