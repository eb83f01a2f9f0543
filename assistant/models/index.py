"""The package index, asked where a wheel lies.

It is asked through the ordinary client, so that the user's own configuration, proxies and
certificates hold. The client only says where a wheel lies; the transfer is ours, with a bar and
a resume. Where the index wants credentials, the client transfers too.
"""

import functools
import importlib.util
import json
import re
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from assistant.models import find_with_pip
from assistant.models.stopping import Stop
from assistant.models.terms import FetchError, Timeouts

_POLL = 0.1
"""Seconds between two looks at a client that runs, to see whether to end it."""
_ERROR = r"(?i)^(error\b:?|\u00d7)\s*"
"""How the clients begin the line that counts."""
_ONLY_WHEELS = ["--no-deps", "--only-binary", ":all:"]
_QUICK = ["--no-input", "--disable-pip-version-check", "--retries", "1", "--timeout", "20"]


@dataclass(frozen=True, slots=True)
class Wheel:
    """Where a wheel lies. `sha256` and `bytes` are what the index says, if it does."""

    requirement: str
    url: str
    sha256: str | None
    bytes: int | None


@dataclass(frozen=True, slots=True)
class _Client:
    """A program that knows the user's package index."""

    kind: Literal["pip", "uv"]
    command: tuple[str, ...]
    library: str | None = None
    """Of a pip that this Python can import: what to put on its path for it; empty: nothing."""


class Index:
    """The package index, as pip or uv is configured to see it."""

    def __init__(self, timeouts: Timeouts, stop: Stop) -> None:
        self._timeouts, self._stop = timeouts, stop

    def locate(self, requirements: Sequence[str]) -> list[Wheel]:
        """Ask where wheels lie, in the order asked for. `FetchError` if one cannot be found."""
        problems = []
        asked: set[str] = set()
        for client in _clients():
            if client.kind in asked:
                continue
            try:
                found = self._locate(client, requirements)
            except FetchError as problem:
                problems.append(f"{client.kind}: {problem}")
                if not isinstance(problem, _Unusable):
                    asked.add(client.kind)
                continue
            by_name = {_requirement_name(wheel.requirement): wheel for wheel in found}
            return [by_name[_requirement_name(requirement)] for requirement in requirements]
        raise FetchError("; ".join(problems) or "neither pip nor uv is here")

    def download(self, requirement: str, directory: Path) -> Path:
        """Have the client itself fetch a wheel; returns the wheel, or it unpacked."""
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        problem = FetchError("neither pip nor uv is here")
        for client in _clients():
            if client.kind == "pip":
                options = ["download", *_QUICK, "--quiet", "--dest", str(directory)]
            else:
                options = ["pip", "install", "--quiet", "--target", str(directory)]
            try:
                self._run(client, [*options, *_ONLY_WHEELS, requirement])
            except FetchError as failed:
                problem = failed
                continue
            return next(iter(directory.glob("*.whl")), directory)
        raise problem

    def _locate(self, client: _Client, requirements: Sequence[str]) -> list[Wheel]:
        if client.library is not None:
            # -P: the modules beside the script are none of pip's.
            finder = _Client("pip", (sys.executable, "-P", find_with_pip.__file__, client.library))
            found = _read_lines(self._run(finder, [*_QUICK, *_ONLY_WHEELS, *requirements]))
        elif client.kind == "pip":
            options = ["install", "--dry-run", "--ignore-installed", "--ignore-requires-python"]
            options += [*_QUICK, *_ONLY_WHEELS, "--quiet", "--report", "-"]
            answer = self._run(client, [*options, *requirements])
            found = _read_pip_report(answer)
        else:
            options = ["pip", "compile", "--format", "pylock.toml", "--quiet", "--no-header"]
            options += [*_ONLY_WHEELS, "--python", sys.executable, "-"]
            answer = self._run(client, options, "\n".join(requirements))
            found = _read_pylock(answer)
        if len(found) != len(requirements):
            raise _Unusable("its answer cannot be read")
        return found

    def _run(self, client: _Client, options: Sequence[str], text: str = "") -> str:
        """Run a client; returns what it prints. Ends it at the deadline or when stopped."""
        with subprocess.Popen(  # noqa: S603 - our own arguments, no shell
            [*client.command, *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            deadline = time.perf_counter() + self._timeouts.index
            given: str | None = text
            while True:
                try:
                    output, errors = process.communicate(given, timeout=_POLL)
                    break
                except subprocess.TimeoutExpired:
                    given = None
                    if time.perf_counter() > deadline:
                        process.kill()
                        raise FetchError(
                            f"no answer within {self._timeouts.index:.0f} s", down=True
                        ) from None
                    try:
                        self._stop.wait()
                    except FetchError:
                        process.kill()
                        raise
        if process.returncode:
            raise _complaint(errors)
        return output


class _Unusable(FetchError):  # noqa: N818 - reads as a sentence
    """The client does not work here; another of its kind may."""


def _complaint(errors: str) -> FetchError:
    """Make one short line of what a client printed about its failure."""
    lines = [line.strip() for line in errors.splitlines() if line.strip()] or ["it failed"]
    if any(re.search(r"no such option|unexpected argument|unrecognized", x) for x in lines):
        return _Unusable("it is too old")
    if any("No module named pip" in line for line in lines):
        return _Unusable("it is not installed")
    reason = next((line for line in lines if re.match(r"(?i)error\b", line)), lines[-1])
    reason = re.sub(r"(?i)^error\b:?\s*", "", reason)
    # uv says why below; of a failed request its last line says most.
    causes = [line.removeprefix("cause: ") for line in lines if line.startswith("cause: ")]
    silent = "versions: none" in reason or "it has no wheel" in reason
    if reason.startswith("Failed to fetch") or (
        silent and any("connection broken" in line for line in lines)
    ):
        reason = ": ".join(["the index is not in reach", *causes[-1:]])
    elif causes:
        reason = causes[0]
    # An index may carry its credentials in its address.
    return FetchError(re.sub(r"//[^/@\s]*@", "//", reason)[:200])


def _clients() -> Iterator[_Client]:
    """The clients that are here, the one that made this environment first."""
    if importlib.util.find_spec("pip"):
        yield _Client("pip", (sys.executable, "-m", "pip"), library="")
    uv = shutil.which("uv")
    if uv and _made_by_uv():
        yield _Client("uv", (uv,))
    if bundled := _bundled_pip():
        yield _Client("pip", (sys.executable, f"{bundled}/pip"), library=str(bundled))
    if importlib.util.find_spec("pip"):
        yield _Client("pip", (sys.executable, "-m", "pip"))
    for name in ("pip", "pip3"):
        if pip := shutil.which(name):
            yield _Client("pip", (pip,))
    if uv and not _made_by_uv():
        yield _Client("uv", (uv,))


@functools.cache
def _made_by_uv() -> bool:
    try:
        settings = Path(sys.prefix, "pyvenv.cfg").read_text("utf-8")
    except OSError:
        return False
    return re.search(r"^uv\s*=", settings, re.MULTILINE) is not None


def _bundled_pip() -> Path | None:
    """The wheel of pip that Python brings along to make environments; it runs as it is."""
    found = importlib.util.find_spec("ensurepip")
    places = [Path(found.origin).parent / "_bundled"] if found and found.origin else []
    places.append(Path("/usr/share/python-wheels"))  # where Debian puts it
    wheels = [wheel for place in places for wheel in sorted(place.glob("pip-*.whl"))]
    return wheels[0] if wheels else None


def _read_lines(answer: str) -> list[Wheel]:
    fields = [line.split(" ") for line in answer.splitlines() if line.count(" ") == 2]  # noqa: PLR2004
    return [Wheel(name, url, sha256 or None, None) for name, url, sha256 in fields]


def _read_pip_report(answer: str) -> list[Wheel]:
    try:
        report: dict[str, Any] = json.loads(answer[answer.index("{") :])
        return [
            Wheel(
                requirement=f"{item['metadata']['name']}=={item['metadata']['version']}",
                url=item["download_info"]["url"],
                sha256=item["download_info"]["archive_info"].get("hashes", {}).get("sha256"),
                bytes=None,
            )
            for item in report["install"]
        ]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []


def _read_pylock(answer: str) -> list[Wheel]:
    try:
        lock = tomllib.loads(answer)
        return [
            Wheel(
                requirement=f"{item['name']}=={item['version']}",
                url=item["wheels"][0].get("url") or Path(item["wheels"][0]["path"]).as_uri(),
                sha256=item["wheels"][0].get("hashes", {}).get("sha256"),
                bytes=item["wheels"][0].get("size"),
            )
            for item in lock["packages"]
        ]
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        return []


def _requirement_name(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", requirement.partition("==")[0]).lower()
