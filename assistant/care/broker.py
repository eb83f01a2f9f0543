"""The broker of the home: can it be reached, does it let us in, does TLS work."""

import asyncio
import importlib
import importlib.util
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assistant.care.findings import Finding
from assistant.config import Config
from assistant.config.sections import EMBEDDED
from assistant.errors import ConfigError

WHAT = "home"
REACH_S = 5.0


def broker(config: Config) -> Iterator[Finding]:
    """Tell what would keep the assistant from the home."""
    home = config.home
    if importlib.util.find_spec("aiomqtt") is None:
        fix = "pip install 'assistant[home]'"
        yield Finding("fail", WHAT, "the Python package aiomqtt is not installed", fix)
        return
    host, port = home.address
    if home.broker == EMBEDDED:
        yield _embedded(host, port)
        return
    if home.password is not None and not home.tls and not _is_near(host):
        detail = f"the password goes to {host} as it is: without TLS others can read it"
        yield Finding("warn", WHAT, detail, "set home.tls, or use a broker on this machine")
    if home.tls_ca is not None and not home.tls:
        yield Finding("warn", WHAT, "home.tls_ca is given, but home.tls is off", "set home.tls")
    yield _reached(config, f"{host}:{port}")


def _embedded(host: str, port: int) -> Finding:
    if importlib.util.find_spec("amqtt") is None:
        fix = "pip install 'assistant[home]'"
        return Finding("fail", WHAT, "the Python package amqtt is not installed", fix)
    return Finding("ok", WHAT, f"its own broker, at {host}:{port} while it runs")


def _reached(config: Config, place: str) -> Finding:
    house: Any = importlib.import_module("assistant.backends.home_mqtt.link")
    home = config.home
    host, port = home.address
    try:
        tls = security_of(config)
    except ConfigError as wrong:
        return Finding("fail", WHAT, str(wrong), "check the path")
    password = "" if home.password is None else home.password.get_secret_value()
    wanted = house.Broker(host, port, home.username, password, tls)
    found: list[str] = []
    # a loop of its own: whoever examines may be inside another one
    asking = threading.Thread(target=lambda: found.append(asyncio.run(house.tried(wanted))))
    asking.start()
    asking.join(2 * REACH_S)
    trouble = found[0] if found else f"no answer within {2 * REACH_S:g} s"
    if trouble:
        return Finding("fail", WHAT, f"{place}: {trouble}", "see docs/home.md")
    return Finding("ok", WHAT, f"the broker at {place} lets us in")


def security_of(config: Config) -> Any:
    """Return the TLS context that the assistant would use. Raises `ConfigError`."""
    return importlib.import_module("assistant.house").security(config.home)


def _is_near(host: str) -> bool:
    near: Any = importlib.import_module("assistant.home.place")
    return bool(near.is_loopback(host)) or not Path("/").exists()
