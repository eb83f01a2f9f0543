"""Which mind: the built-in one, a server in reach, or a service whose key is kept elsewhere."""

import os
import re
from pathlib import Path
from urllib.parse import urlsplit

from rich.text import Text

from assistant.care.minds import NoServer, Server, ask, look
from assistant.cli.asking import Asked
from assistant.cli.wishes import Wishes

BUILT_IN, SERVER, KEY = "built-in", "server", "key"
SERVICE = "https://api.openai.com/v1"
VARIABLE = "OPENAI_API_KEY"
MOST = 12
"""So many models of a server are listed."""
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_CREDENTIAL = re.compile(r"credential:([A-Za-z0-9_.-]{1,64})")
_LIKE_A_KEY = re.compile(r"(sk|pk|key|gsk|xai)-|.{65,}|(?=.*[a-z])(?=.*[A-Z])(?=.*\d).{20,}")


def offer_mind(asked: Asked, wishes: Wishes) -> None:
    """Look what is there, and ask."""
    console = asked.console
    with console.status("looking for model servers"):
        servers = {server.name.lower(): server for server in look()}
    options = {BUILT_IN: "SmolLM2 135M in this process: offline, quick, often wrong"}
    for name, server in servers.items():
        options[name] = f"{server.url}, {len(server.models)} models"
    options[SERVER] = (
        "another server that speaks OpenAI's API (Ollama, llama.cpp, vLLM, LM Studio)"
    )
    options[KEY] = "a service on the internet, with a key that is kept outside the configuration"
    now = _now(wishes, servers)
    if now not in options:
        options = {now: "as it is", **options}
    match asked.choose("With which mind?", options, now):
        case chosen if chosen == now:
            pass
        case "built-in":
            _name(wishes, "llamacpp")
        case "server":
            _offer_server(asked, wishes)
        case "key":
            _offer_service(asked, wishes)
        case name:
            _take(asked, wishes, servers[name], {})
    console.print()


def _now(wishes: Wishes, servers: dict[str, Server]) -> str:
    """Return which of the options holds now."""
    if wishes.now("llm.backend") == "llamacpp":
        return BUILT_IN
    url = str(wishes.now("llm.base_url") or "")
    by_url = {server.url: name for name, server in servers.items()}
    return by_url.get(url, url or str(wishes.now("llm.backend")))


def _name(wishes: Wishes, backend: str) -> None:
    """Wish for a backend; `minds` would win over it."""
    wishes.set("minds", [])
    wishes.set("llm.backend", backend)


def _offer_server(asked: Asked, wishes: Wishes) -> None:
    url = asked.text("Its address, with /v1", "http://127.0.0.1:8080/v1", _wrong_address)
    try:
        server = ask(url)
    except NoServer as wrong:
        asked.console.print(Text(f"  {wrong}", "yellow"), soft_wrap=True)
        if not asked.sure("Use it all the same?", suggested=False):
            asked.console.print("  The mind is left as it is.")
            return
        server = Server("server", url.rstrip("/"), ())
    _take(asked, wishes, server, {})


def _offer_service(asked: Asked, wishes: Wishes) -> None:
    """Ask for the place of a key, never for the key."""
    url = asked.text("Address of the service, with /v1", SERVICE, _wrong_address)
    asked.console.print(
        "  The key itself is not asked for. Name the environment variable that holds it, or a\n"
        "  file (file:PATH), or a credential of the systemd service (credential:NAME)."
    )
    place = asked.text("Where is the key?", VARIABLE, _wrong_place)
    if complaint := _wrong_place(place):
        asked.console.print(Text(f"  {complaint}. The mind is left as it is.", "yellow"))
        return
    kind, key = _reference(place)
    if kind == "credential":
        wishes.credential = place.partition(":")[2]
        server = Server("service", url.rstrip("/"), ())
    else:
        try:
            server = ask(url, key)
        except NoServer as wrong:
            asked.console.print(Text(f"  {wrong}", "yellow"), soft_wrap=True)
            if not asked.sure("Use it all the same?", suggested=False):
                asked.console.print("  The mind is left as it is.")
                return
            server = Server("service", url.rstrip("/"), ())
    name = place.partition(":")[2] if kind != "env" else place
    _take(asked, wishes, server, {"llm.api_key": {kind: name}})


def _take(asked: Asked, wishes: Wishes, server: Server, more: dict[str, object]) -> None:
    model = ""
    if server.models:
        listed = dict.fromkeys(server.models[:MOST], "")
        if len(server.models) > 1:
            model = asked.choose("Which model?", listed, server.models[0])
        else:
            model = server.models[0]
    else:
        model = asked.text("Name of the model (empty: the first of its list)", "", lambda _: "")
    _name(wishes, "openai")
    wishes.set("llm.base_url", server.url)
    wishes.set("llm.model", model)
    for key, value in more.items():
        wishes.set(key, value)
    if not more and wishes.config.llm.backend == "openai":
        wishes.set("llm.api_key", None)  # that of the server before is not for this one


def _reference(place: str) -> tuple[str, str]:
    """Return how the configuration refers to a key, and the key where it can be had here."""
    if place.startswith("file:"):
        return "file", Path(place.removeprefix("file:")).expanduser().read_text().strip()
    if _CREDENTIAL.fullmatch(place):
        return "credential", ""
    return "env", os.environ[place]


def _wrong_address(url: str) -> str:
    address = urlsplit(url)
    if address.scheme not in {"http", "https"} or not address.hostname:
        return "an address such as http://127.0.0.1:8080/v1, please"
    return "" if "@" not in address.netloc else "no key or password in the address, please"


def _wrong_place(place: str) -> str:
    """Say what is wrong with the place of a key; what looks like a key is not repeated."""
    if place.startswith("file:"):
        path = Path(place.removeprefix("file:")).expanduser()
        return "" if os.access(path, os.R_OK) and path.is_file() else "that file cannot be read"
    if _CREDENTIAL.fullmatch(place):
        return ""
    if _LIKE_A_KEY.match(place) or not _VARIABLE.fullmatch(place):
        return "that looks like the key itself; it is not kept. Name where it is"
    if not os.environ.get(place):
        return f"the environment variable {place} is not set here; set it, then set up again"
    return ""
