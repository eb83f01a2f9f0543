"""The broker of the home: can it be reached, does it let us in, does TLS work."""

import asyncio
import importlib
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

from assistant.care.findings import Finding
from assistant.config import Config
from assistant.config.sections import EMBEDDED, Home
from assistant.errors import ConfigError
from assistant.home.place import is_loopback

WHAT = "home"
_INSTALL = "./scripts/run, or pip install 'assistant[home]'"


def broker(config: Config) -> Iterator[Finding]:
    """Tell what would keep the assistant from the home; blocks for some seconds."""
    home = config.home
    host, port = home.address
    missing = [name for name in ("aiomqtt", "amqtt") if find_spec(name) is None]
    if "aiomqtt" in missing or (missing and home.broker == EMBEDDED):
        yield Finding("fail", WHAT, f"the package {missing[0]} is not installed", _INSTALL)
    elif home.broker == EMBEDDED:
        yield Finding("ok", WHAT, f"its own broker, at {host}:{port} while it runs")
    else:
        yield from _security(home, host)
        yield _reached(home, host, port)


def _security(home: Home, host: str) -> Iterator[Finding]:
    if home.password is not None and not home.tls and not is_loopback(host):
        detail = f"the password goes to {host} unencrypted: others in the network can read it"
        yield Finding("warn", WHAT, detail, "set home.tls")
    if home.tls_ca is not None and not home.tls:
        yield Finding("warn", WHAT, "home.tls_ca is given, but home.tls is not set", "set it")


def _reached(home: Home, host: str, port: int) -> Finding:
    link: Any = importlib.import_module("assistant.backends.home_mqtt.link")
    try:
        tls = link.security(home.tls_ca) if home.tls else None
    except ConfigError as wrong:
        return Finding("fail", WHAT, str(wrong), "check the path")
    password = "" if home.password is None else home.password.get_secret_value()
    wanted = link.Broker(host, port, home.username, password, tls)
    trouble = asyncio.run(link.trouble(wanted))
    if trouble:
        return Finding("fail", WHAT, f"{wanted}: {trouble}", "see docs/home.md")
    safely = ", with TLS" if home.tls else ""
    return Finding("ok", WHAT, f"the broker at {wanted} lets us in{safely}")
