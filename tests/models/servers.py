"""A hub and a package index on loopback that can fail in all the ways that real ones do."""

import hashlib
import io
import json
import threading
import zipfile
from base64 import b64encode
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one answer; the fields combine."""

    status: int = 0
    retry_after: int | None = None
    drop_after: int | None = None
    """Bytes of this answer, then the connection is closed."""
    stall_after: int | None = None
    """Bytes of this answer, then nothing more until the server ends."""
    length: int | None = None
    """What the head says, whatever the body is."""
    no_length: bool = False
    flip: int | None = None
    """The byte of the file that is wrong."""
    ignore_range: bool = False
    wrong_range: bool = False
    slow: float = 0.0
    """Seconds before each 64 KiB."""


NONE = Fault()


@dataclass(frozen=True)
class Request:
    """What a server was asked."""

    method: str
    path: str
    headers: Mapping[str, str]

    @property
    def start(self) -> int:
        """The first byte that was asked for."""
        return int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-"))


@dataclass
class Page:
    """What lies at a path."""

    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    redirect: str = ""


class Site:
    """An HTTP server in threads; a context."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.faults: defaultdict[str, deque[Fault]] = defaultdict(deque)
        """For each path, in the order of GET requests; the last one stays."""
        self.requests: list[Request] = []
        self.password: str | None = None
        """Basic authentication of user ``me``."""
        self.ending = threading.Event()
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                site._answer(self)

            def do_HEAD(self) -> None:
                site._answer(self)

            def end_headers(self) -> None:
                self.send_header("Connection", "close")
                super().end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        if not self.ending.is_set():
            self.ending.set()
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()

    def gets(self, ending: str = "") -> list[Request]:
        return [r for r in self.requests if r.method == "GET" and r.path.endswith(ending)]

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        request = Request(handler.command, handler.path, dict(handler.headers.items()))
        self.requests.append(request)
        page = self.pages.get(handler.path.partition("?")[0])
        faults = self.faults[handler.path]
        fault = NONE
        if faults and request.method == "GET":
            fault = faults.popleft() if len(faults) > 1 else faults[0]
        login = "Basic " + b64encode(f"me:{self.password}".encode()).decode()
        if self.password is not None and request.headers.get("Authorization") != login:
            fault = Fault(status=401)
        try:
            if fault.status or page is None:
                self._refuse(handler, fault)
            elif page.redirect:
                handler.send_response(302)
                for name, value in {"Location": page.redirect, **page.headers}.items():
                    handler.send_header(name, value)
                handler.send_header("Content-Length", "0")
                handler.end_headers()
            else:
                self._send(handler, request, page, fault)
        except OSError:
            pass  # the client has gone

    def _refuse(self, handler: BaseHTTPRequestHandler, fault: Fault) -> None:
        handler.send_response(fault.status or 404)
        if fault.status == 401:
            handler.send_header("WWW-Authenticate", "Basic")
        if fault.retry_after is not None:
            handler.send_header("Retry-After", str(fault.retry_after))
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    def _send(
        self, handler: BaseHTTPRequestHandler, request: Request, page: Page, fault: Fault
    ) -> None:
        body = bytearray(page.body)
        if fault.flip is not None:
            body[fault.flip] ^= 1
        start = 0 if fault.ignore_range else request.start
        if start and start >= len(body):
            handler.send_response(416)
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return
        handler.send_response(206 if start else 200)
        if start:
            shown = start + 7 if fault.wrong_range else start
            handler.send_header("Content-Range", f"bytes {shown}-{len(body) - 1}/{len(body)}")
        rest = bytes(body[start:])
        if not fault.no_length:
            length = len(rest) if fault.length is None else fault.length
            handler.send_header("Content-Length", str(length))
        for name, value in page.headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        if request.method == "HEAD":
            return
        stop = fault.drop_after if fault.drop_after is not None else fault.stall_after
        for offset in range(0, len(rest[:stop]), 1 << 16):
            if fault.slow:
                self.ending.wait(fault.slow)
            handler.wfile.write(rest[offset : min(offset + (1 << 16), stop or len(rest))])
        handler.wfile.flush()
        if fault.stall_after is not None:
            self.ending.wait(30)


class HubSite(Site):
    """A hub, its large files on a second site as the real one's."""

    def __init__(self, storage: Site) -> None:
        super().__init__()
        self.storage = storage

    def add(
        self,
        repository: str,
        path: str,
        body: bytes,
        revision: str = "main",
        *,
        large: bool = True,
    ) -> str:
        """Put a file there; returns the path whose faults count."""
        where = f"/{repository}/resolve/{revision}/{path}"
        sha256 = hashlib.sha256(body).hexdigest()
        if large:
            self.storage.pages[where] = Page(body, {"ETag": '"of the storage"'})
            self.pages[where] = Page(
                redirect=self.storage.url + where,
                headers={"X-Linked-Etag": f'"{sha256}"', "X-Linked-Size": str(len(body))},
            )
        else:
            blob = hashlib.sha1(b"blob %d\0" % len(body) + body).hexdigest()  # noqa: S324 - git's
            moved = f"/api/resolve-cache{where}"
            self.pages[where] = Page(redirect=moved, headers={"ETag": f'"{blob}"'})
            self.pages[moved] = Page(body, {"ETag": f'"{blob}"'})
        return where

    def describe(self, repository: str, paths: list[str], revision: str = "main") -> None:
        """Say which files a repository has; its commit is ``c0ffee``."""
        answer = {
            "sha": "c0ffee",
            "siblings": [{"rfilename": path} for path in paths],
            "cardData": {"license": "mit"},
        }
        page = Page(json.dumps(answer).encode(), {"Content-Type": "application/json"})
        self.pages[f"/api/models/{repository}/revision/{revision}"] = page


class IndexSite(Site):
    """A package index: simple pages with digests and metadata."""

    def add(self, name: str, version: str, members: Mapping[str, bytes]) -> str:
        """Put a wheel there; returns its path."""
        plain = name.replace("-", "_")
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode()
        info = f"{plain}-{version}.dist-info"
        kept = io.BytesIO()
        with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
            for path, body in members.items():
                archive.writestr(path, body)
            archive.writestr(f"{info}/METADATA", metadata)
            archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
            archive.writestr(f"{info}/RECORD", "")
        wheel = f"/files/{plain}-{version}-py3-none-any.whl"
        self.pages[wheel] = Page(kept.getvalue())
        self.pages[f"{wheel}.metadata"] = Page(metadata)
        self.list(name, wheel, hashlib.sha256(kept.getvalue()).hexdigest())
        return wheel

    def list(self, name: str, wheel: str, sha256: str) -> None:
        """Say where the wheel of a package lies and what its digest is."""
        metadata = hashlib.sha256(self.pages[f"{wheel}.metadata"].body).hexdigest()
        link = (
            f'<a href="{wheel}#sha256={sha256}" data-dist-info-metadata="sha256={metadata}"'
            f' data-core-metadata="sha256={metadata}">{wheel.rsplit("/", 1)[-1]}</a>'
        )
        page = f"<!DOCTYPE html><html><body>{link}</body></html>".encode()
        self.pages[f"/simple/{name}/"] = Page(page, {"Content-Type": "text/html"})
