"""One file over HTTP: resumed where it broke off, hashed as it comes, kept only if it is right."""

import hashlib
import re
import ssl
from collections.abc import Mapping
from pathlib import Path

import certifi
import httpx

from assistant.models.progress import Meter
from assistant.models.stopping import Stop
from assistant.models.terms import (
    Damaged,
    Expected,
    FetchError,
    Timeouts,
    hash_file,
    verify,
)

_RETRY_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})
_LONGEST_PAUSE = 20.0
"""Seconds that a server's Retry-After is obeyed at most; a longer one is a refusal."""


def open_client(timeouts: Timeouts) -> httpx.Client:
    """Return an HTTP client that trusts the system's certificates, and certifi's.

    `FetchError` when the environment names a proxy of a kind that it cannot use.
    """
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    try:
        return httpx.Client(
            verify=context,
            follow_redirects=True,
            timeout=httpx.Timeout(timeouts.read, connect=timeouts.connect),
            # A compressed answer could not be resumed by the offset of its bytes.
            headers={"Accept-Encoding": "identity", "User-Agent": "assistant"},
        )
    except (ImportError, ValueError) as error:
        raise FetchError(
            "the proxy that HTTPS_PROXY or ALL_PROXY names cannot be used"
            f" ({str(error).split('.')[0]}); name an http:// one"
        ) from None


def explain(error: httpx.RequestError) -> FetchError:
    """Say in a few words why a request failed."""
    match error:
        case httpx.ConnectTimeout():
            return FetchError("no connection in time", down=True)
        case httpx.ReadTimeout():
            return FetchError("the transfer stalled")
        case httpx.ConnectError() if "CERTIFICATE" in str(error):
            return FetchError("its certificate is not trusted", refused=True)
        case httpx.ConnectError():
            return FetchError(re.sub(r"^\[Errno -?\d+\] ", "", str(error)).lower(), down=True)
        case httpx.ProxyError():
            return FetchError(f"the proxy refused: {error}", down=True)
        case _:
            return FetchError(str(error) or type(error).__name__)


class Download:
    """Brings one URL into one partial file; `run` may be called again after a break."""

    def __init__(  # noqa: PLR0913 - what a transfer depends on; all but two are the same for all
        self,
        url: str,
        part: Path,
        expected: Expected,
        *,
        client: httpx.Client,
        timeouts: Timeouts,
        stop: Stop,
        meter: Meter,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._url, self._part, self._expected = url, part, expected
        self._client, self._timeouts, self._stop, self._meter = client, timeouts, stop, meter
        self._headers = dict(headers or {})
        self._done = 0
        self._hash = hashlib.sha256()
        self._whole = False

    def run(self) -> str:
        """Fetch what is missing and verify all; return its SHA-256. `FetchError` says why not.

        What was kept from an earlier attempt is used; if the whole is then wrong, it is fetched
        once more from its beginning.
        """
        resumed = self._load()
        try:
            return self._complete()
        except Damaged:
            self._part.unlink(missing_ok=True)
            if not resumed:
                raise
            self._restart()
            try:
                return self._complete()
            except Damaged:
                self._part.unlink(missing_ok=True)
                raise

    def _load(self) -> bool:
        if not self._part.exists():
            return False
        limit = self._expected.bytes
        if limit is not None and self._part.stat().st_size > limit:
            self._part.unlink()
            return False
        self._done = hash_file(self._part, self._hash, self._meter)
        return self._done > 0

    def _restart(self) -> None:
        self._meter.advance(-self._done)
        self._done, self._hash = 0, hashlib.sha256()
        self._part.write_bytes(b"")

    def _complete(self) -> str:
        known = {self._expected.bytes, self._expected.sha256} - {None}
        self._whole = bool(known & {self._done, self._hash.hexdigest()})
        failures = 0
        for _ in range(self._timeouts.attempts):
            if self._whole:
                break
            before, pause = self._done, None
            try:
                self._receive()
            except httpx.RequestError as error:
                self._stop.wait()
                problem = explain(error)
            except _Again as again:
                problem, pause = again.problem, again.pause
            else:
                continue
            failures = 1 if self._done > before else failures + 1
            if failures > self._timeouts.retries or problem.refused or self._hopeless(problem):
                raise problem
            self._stop.wait(pause or self._timeouts.backoff * 2 ** (failures - 1))
        if not self._whole:
            raise FetchError("the connection broke off too often")
        sha256 = self._hash.hexdigest()
        verify(self._part, self._expected, sha256, self._done)
        return sha256

    def _hopeless(self, problem: FetchError) -> bool:
        return problem.down and self._done == 0

    def _receive(self) -> None:
        headers = dict(self._headers)
        if self._done:
            headers["Range"] = f"bytes={self._done}-"
        with self._client.stream("GET", self._url, headers=headers) as response:
            self._accept(response)
            with self._stop.watching(response), self._part.open("ab") as sink:
                # Of any size: what waits for a full chunk would be lost when it breaks off.
                for chunk in response.iter_raw():
                    self._take(chunk)
                    sink.write(chunk)
        self._stop.wait()
        self._whole = self._expected.bytes in {None, self._done}
        if not self._whole:
            raise _Again(FetchError(f"{self._expected.name} came incomplete"))

    def _take(self, chunk: bytes) -> None:
        limit = self._expected.bytes
        if limit is not None and self._done + len(chunk) > limit:
            raise Damaged(f"{self._expected.name} is longer than the {limit} bytes it should have")
        self._hash.update(chunk)
        self._done += len(chunk)
        self._meter.advance(len(chunk))

    def _accept(self, response: httpx.Response) -> None:
        """Look at the head of an answer: go on, start over, try again, or give up."""
        status = response.status_code
        if status == httpx.codes.PARTIAL_CONTENT:
            start, total = _content_range(response)
            if start != self._done:
                raise Damaged(f"{self._expected.name} was resumed at the wrong place")
        elif status == httpx.codes.OK:
            if self._done:  # it does not resume
                self._restart()
            length = response.headers.get("Content-Length", "")
            total = int(length) if length.isdigit() else None
        elif status == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE and self._done:
            raise Damaged(f"{self._expected.name} could not be resumed")
        else:
            raise refusal(response)
        if total is not None and self._expected.bytes not in {None, total}:
            raise Damaged(
                f"{self._expected.name} is offered with {total} bytes"
                f" and should have {self._expected.bytes}"
            )


class _Again(Exception):  # noqa: N818 - not an error yet
    """A passing failure; `pause`: seconds that the server asks for."""

    def __init__(self, problem: FetchError, pause: float | None = None) -> None:
        super().__init__(str(problem))
        self.problem, self.pause = problem, pause


def refusal(response: httpx.Response) -> Exception:
    """Return what an unwelcome status means: an error, or a wish to try again."""
    status = response.status_code
    answer = f"answered {status} {response.reason_phrase.lower()}".rstrip()
    if status in {401, 403, 407}:
        return FetchError(answer, refused=True)
    if status not in _RETRY_STATUS:
        return FetchError(answer)
    wish = response.headers.get("Retry-After", "")
    pause = float(wish) if wish.isdigit() else None
    if pause is not None and pause > _LONGEST_PAUSE:
        return FetchError(f"{answer}; it asks to come back in {pause:.0f} s")
    return _Again(FetchError(answer), pause)


def _content_range(response: httpx.Response) -> tuple[int | None, int | None]:
    found = re.fullmatch(
        r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", "").strip()
    )
    if not found:
        return None, None
    return int(found[1]), None if found[2] == "*" else int(found[2])
