"""Model servers: those that run on this machine, and whether one that is named answers."""

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx

REACH = 2.0
"""Seconds for a server to answer."""
USUAL = (
    ("Ollama", "http://127.0.0.1:11434/v1"),
    ("llama.cpp", "http://127.0.0.1:8080/v1"),
    ("LM Studio", "http://127.0.0.1:1234/v1"),
    ("vLLM", "http://127.0.0.1:8000/v1"),
)
"""Servers that speak OpenAI's chat completions, and where they listen unless told otherwise."""
_NO_CHAT = ("embed", "rerank", "whisper", "tts", "dall-e", "image", "moderation")
"""Parts of the names of models that do not converse."""


@dataclass(frozen=True, slots=True)
class Server:
    """A model server that answers."""

    name: str
    url: str
    listed: tuple[str, ...]

    @property
    def models(self) -> tuple[str, ...]:
        """Those that converse, by their names."""
        return tuple(name for name in self.listed if not any(no in name for no in _NO_CHAT))


class NoServer(Exception):  # noqa: N818 - reads as a sentence
    """There is none, or it will not have us; the text says why."""


class KeyRefused(NoServer):
    """It wants a key, or another one."""


class Unlisted(NoServer):
    """It answers, but not with a list of models."""


def ask(url: str, key: str = "", *, name: str = "server", reach: float = REACH) -> Server:
    """Return the server behind an address, with its models. Raises `NoServer`."""
    url = url.rstrip("/")
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        answer = httpx.get(f"{url}/models", headers=headers, timeout=reach)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as wrong:
        why = str(wrong) or type(wrong).__name__
        raise NoServer(f"{url} cannot be reached ({why})") from None
    if answer.status_code in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
        raise KeyRefused(f"{url} {'refuses the key' if key else 'wants a key'}")
    try:
        listed = [str(entry["id"]) for entry in answer.raise_for_status().json()["data"]]
    except (httpx.HTTPStatusError, ValueError, KeyError, TypeError):
        status = answer.status_code
        raise Unlisted(f"{url} answers, but does not list its models (HTTP {status})") from None
    return Server(name, url, tuple(listed))


def look(
    places: tuple[tuple[str, str], ...] = USUAL, environ: Mapping[str, str] = os.environ
) -> list[Server]:
    """Return the servers of this machine; all are asked at once."""
    if host := environ.get("OLLAMA_HOST", ""):
        url = host if "://" in host else f"http://{host}"
        places = (("Ollama", f"{url.rstrip('/')}/v1"), *places)

    def asked(place: tuple[str, str]) -> Server | None:
        name, url = place
        try:
            return ask(url, name=name, reach=REACH / 2)
        except NoServer:
            return None

    with ThreadPoolExecutor(len(places)) as pool:
        return [server for server in pool.map(asked, places) if server and server.models]
