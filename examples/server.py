"""Plays the provincial credit platform and the award system: `python -m examples.server [--port 8630] [-- COMMAND …]`.

    /credit/dishonest-debtors    JSON by page (page, size); every request signed (HMAC-SHA256)
    /credit/abnormal-operations  JSON by cursor (cursor, size); key in X-Api-Key
    /credit/serious-violations   XML in GB18030; key in X-Api-Key
    /credit/research-misconduct  answers about one person (xm, zjhm), JSON within JSON; key in X-Api-Key
    /award/applicants            JSON by offset (offset, limit); bearer token

With a command it runs that, with the secrets in its environment, and stops when it ends.

It answers from the files beside it and knows the secrets of demo.env, unless the environment names others.
Standard library only, and a signature check of its own: it shares no code with the program that asks it.
"""

import argparse
import gzip
import hashlib
import hmac
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from email.message import Message
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

HERE = Path(__file__).parent
PORT = 8630
_LARGEST_PAGE = 1000


class RefusedError(Exception):
    """The request is not answered; the text says why."""


class Province:
    """The data the server answers from, and the secrets it asks for."""

    def __init__(self, folder: Path, secrets: Mapping[str, str]) -> None:
        self.secrets = secrets
        self._debtors = _rows(folder / "platform/debtors.json.gz")
        self._abnormal = _rows(folder / "platform/abnormal.json.gz")
        self._serious = (folder / "platform/serious.xml").read_bytes()
        self._misconduct = json.loads((folder / "platform/misconduct.json").read_text(encoding="utf-8"))
        self._nominations = _rows(folder / "awards/nominations.json")

    def dishonest_debtors(self, asked: Mapping[str, str], _headers: Message) -> Any:
        """One page."""
        self._check_signature(asked)
        number, size = int(asked.get("page", 1)), _size(asked.get("size"))
        rows = self._debtors[(number - 1) * size : number * size]
        total = len(self._debtors)
        data = {"total": total, "pages": -(-total // size), "rows": rows}
        return {"code": 200, "message": "success", "data": data}

    def abnormal_operations(self, asked: Mapping[str, str], headers: Message) -> Any:
        """What follows the cursor."""
        self._check_key(headers)
        start, size = int(asked.get("cursor") or 0), _size(asked.get("size"))
        following = start + size if start + size < len(self._abnormal) else ""
        return {"result": {"records": self._abnormal[start : start + size], "next": str(following)}}

    def serious_violations(self, _asked: Mapping[str, str], headers: Message) -> bytes:
        """The whole list."""
        self._check_key(headers)
        return self._serious

    def research_misconduct(self, asked: Mapping[str, str], headers: Message) -> Any:
        """What the list says of one person; of some it says nothing at all."""
        self._check_key(headers)
        if not asked.get("xm") or not asked.get("zjhm"):
            raise ValueError
        if asked["xm"] in self._misconduct["unanswered"]:
            return {"code": "200", "msg": "成功", "data": None}
        rows = [row for row in self._misconduct["rows"] if row["xm"] == asked["xm"]]
        if not rows:
            return {"code": "404", "msg": "查无记录"}
        return {"code": "200", "msg": "成功", "data": json.dumps(rows, ensure_ascii=False)}

    def applicants(self, asked: Mapping[str, str], headers: Message) -> Any:
        """Nominations from an offset on."""
        token = self.secrets["AWARD_SYSTEM_TOKEN"]
        if not hmac.compare_digest(headers.get("Authorization", ""), f"Bearer {token}"):
            raise RefusedError("令牌无效")
        start, size = int(asked.get("offset", 0)), _size(asked.get("limit"))
        return {"code": 0, "total": len(self._nominations), "items": self._nominations[start : start + size]}

    def _check_key(self, headers: Message) -> None:
        if not hmac.compare_digest(headers.get("X-Api-Key", ""), self.secrets["CREDIT_PLATFORM_KEY"]):
            raise RefusedError("接口密钥无效")

    def _check_signature(self, asked: Mapping[str, str]) -> None:
        """HMAC-SHA256 over the other parameters, sorted, as name=value joined by &."""
        signed = "&".join(f"{name}={value}" for name, value in sorted(asked.items()) if name != "sign")
        secret = self.secrets["CREDIT_PLATFORM_SECRET"].encode()
        expected = hmac.new(secret, signed.encode(), hashlib.sha256).hexdigest()
        if not asked.get("timestamp", "").isdigit() or not hmac.compare_digest(asked.get("sign", ""), expected):
            raise RefusedError("签名错误")


def _rows(path: Path) -> list[Any]:
    content = path.read_bytes()
    rows: list[Any] = json.loads(gzip.decompress(content) if path.suffix == ".gz" else content)
    return rows


def _size(asked: str | None) -> int:
    return max(1, min(int(asked or _LARGEST_PAGE), _LARGEST_PAGE))


class _Handler(BaseHTTPRequestHandler):
    """Answers GET requests from the province."""

    protocol_version = "HTTP/1.1"

    def __init__(self, province: Province, *arguments: Any) -> None:
        self._paths: dict[str, Callable[[Mapping[str, str], Message], Any]] = {
            "/credit/dishonest-debtors": province.dishonest_debtors,
            "/credit/abnormal-operations": province.abnormal_operations,
            "/credit/serious-violations": province.serious_violations,
            "/credit/research-misconduct": province.research_misconduct,
            "/award/applicants": province.applicants,
        }
        super().__init__(*arguments)

    def do_GET(self) -> None:
        """Finds the interface and sends what it says."""
        parts = urlsplit(self.path)
        interface = self._paths.get(parts.path)
        if interface is None:
            self._send(HTTPStatus.NOT_FOUND, {"code": 404, "message": "没有这个接口"})
            return
        try:
            self._send(HTTPStatus.OK, interface(dict(parse_qsl(parts.query)), self.headers))
        except RefusedError as error:
            self._send(HTTPStatus.UNAUTHORIZED, {"code": 401, "message": str(error)})
        except ValueError:
            self._send(HTTPStatus.BAD_REQUEST, {"code": 400, "message": "参数错误"})

    def _send(self, status: HTTPStatus, answer: Any) -> None:
        is_xml = isinstance(answer, bytes)
        body = answer if is_xml else json.dumps(answer, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header(
            "Content-Type", "text/xml; charset=GB18030" if is_xml else "application/json; charset=utf-8"
        )
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: Any) -> None:
        """Requests carry signatures; nobody needs them on a terminal."""


def demo_secrets() -> dict[str, str]:
    """The secrets of demo.env, each replaced by the environment variable of its name."""
    lines = (HERE / "demo.env").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    return {name: os.environ.get(name, value) for name, value in pairs}


@contextmanager
def running(port: int = 0, folder: Path = HERE) -> Iterator[str]:
    """The server in a thread; yields its address. Port 0 takes any free one; `folder` holds the data."""
    server = ThreadingHTTPServer(("127.0.0.1", port), partial(_Handler, Province(folder, demo_secrets())))
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def main() -> int:
    """Serves until interrupted or terminated, or while a command runs, whose exit code it passes on."""
    parser = argparse.ArgumentParser(description="示例服务器：省信用平台和科技奖励系统")
    parser.add_argument("--port", type=int, default=PORT, help="端口，0 为任意空闲端口（默认 8630）")
    parser.add_argument("command", nargs="*", metavar="-- 命令", help="服务器运行期间执行的命令，执行完即停")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with running(asked.port) as address:
            if asked.command:
                return _run(asked.command)
            print(address, flush=True)
            signal.pause()
    except KeyboardInterrupt:
        return 0
    except OSError as error:
        print(f"示例服务器无法启动（端口 {asked.port}）：{error.strerror}", file=sys.stderr)
        return 2
    return 0


def _run(command: list[str]) -> int:
    """The command with the secrets of demo.env in its environment."""
    try:
        process = subprocess.Popen(command, env=os.environ | demo_secrets())  # noqa: S603 (the user's own)
    except OSError as error:
        print(f"命令 {command[0]} 无法执行：{error.strerror}", file=sys.stderr)
        return 127
    with process:
        try:
            return process.wait()
        except KeyboardInterrupt:
            process.terminate()
            return process.wait()


if __name__ == "__main__":
    sys.exit(main())
