"""The home, put together from the configuration: its devices, and the connection to its broker.

Whatever happens to the broker, the conversation goes on: `keep_home` ends only when it is
cancelled.
"""

import asyncio
import importlib
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from assistant.config import Config
from assistant.config.sections import EMBEDDED
from assistant.errors import BackendError, BackendUnavailable, ConfigError
from assistant.home.devices import Devices, written
from assistant.ports import Control, Session
from assistant.reasoning.at_home import HomeSentences

_log = logging.getLogger(__name__)

_BACKEND = "assistant.backends.home_mqtt"
WRITTEN = "configuration"
"""Where the devices that are not learned come from."""
AGAIN_S = 30.0
"""After so long an embedded broker that could not start is tried again."""


def household(config: Config) -> Devices | None:
    """Return the devices of the home as far as they are written down; `None`: no home."""
    home = config.home
    if not home.broker:
        return None
    devices = Devices(config.language, home.areas)
    devices.put(WRITTEN, written(home.devices))
    return devices


@asynccontextmanager
async def open_household(config: Config) -> AsyncIterator[tuple[Devices, HomeSentences] | None]:
    """Give the devices, and the sentences for them; `None`: no home is configured."""
    devices = household(config)
    if devices is None:
        yield None
        return
    sentences = HomeSentences(config.language, devices)
    try:
        await sentences.load()
    except ImportError as missing:
        _log.warning("only the mind commands the home: there is no package %s", missing.name)
    yield devices, sentences


async def keep_home(
    config: Config,
    session: Session,
    controls: Sequence[Control],
    devices: Devices,
    state: Path,
    *,
    timers: bool = False,
) -> None:
    """Stay connected with the home until cancelled. `state`: the folder that outlives us."""
    while True:
        try:
            await _connected(config, session, controls, devices, state, timers=timers)
        except* (BackendError, ConfigError) as wrong:
            for why in wrong.exceptions:
                _log.warning("the home is not connected: %s", why)
        await asyncio.sleep(AGAIN_S)


async def _connected(
    config: Config,
    session: Session,
    controls: Sequence[Control],
    devices: Devices,
    state: Path,
    *,
    timers: bool,
) -> None:
    home, parts = config.home, await asyncio.to_thread(_parts)
    names = parts["discovery"].Names(
        id=await asyncio.to_thread(parts["identity"].identifier, state),
        device=home.name or config.persona.name,
        version=version("assistant"),
        prefix=home.discovery_prefix,
        base=home.topic,
    )
    host, port = home.address
    password = "" if home.password is None else home.password.get_secret_value()
    own = home.broker == EMBEDDED
    safe = home.tls and not own
    broker = parts["link"].Broker(
        host=_reached(host) if own else host,
        port=port,
        username=home.username,
        password=password,
        tls=await asyncio.to_thread(parts["link"].security, home.tls_ca) if safe else None,
        newest=not own,
    )
    manner = parts["surface"].Manner(share_words=home.share_words, timers=timers)
    terms = parts["home"].Terms(broker, names, manner, learns=home.learn)
    async with AsyncExitStack() as stack:
        if own:
            place = parts["embedded"].Place(host, port, home.username, password)
            await stack.enter_async_context(parts["embedded"].embedded(place))
        await parts["home"].Home(terms, session, controls, devices).run()


def _parts() -> dict[str, Any]:
    """Import what needs the extra. Raises `BackendUnavailable`."""
    names = ("discovery", "embedded", "home", "identity", "link", "surface")
    try:
        return {name: importlib.import_module(f"{_BACKEND}.{name}") for name in names}
    except ImportError as missing:
        raise BackendUnavailable(
            "home_mqtt",
            f"it needs the Python package {missing.name}, which is not installed; "
            "`./scripts/run` installs all, `pip install 'assistant[home]'` too",
        ) from None


def _reached(host: str) -> str:
    """Return how we reach a broker of our own that listens at an address."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - where it listens is the user's choice
