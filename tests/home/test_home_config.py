"""The section `home` of the configuration."""

import pytest
from pydantic import SecretStr

from assistant.config import load
from assistant.config.sections import Home
from assistant.errors import ConfigError
from assistant.house import household


def home(**settings: object) -> Home:
    return load(flags={f"home.{key}": value for key, value in settings.items()}, environ={}).home


@pytest.mark.parametrize(
    ("settings", "address"),
    [
        ({"broker": "box"}, ("box", 1883)),
        ({"broker": "box", "tls": True}, ("box", 8883)),
        ({"broker": "192.168.1.5:18830"}, ("192.168.1.5", 18830)),
        ({"broker": "embedded", "listen": "127.0.0.1:1999"}, ("127.0.0.1", 1999)),
    ],
)
def test_where_the_broker_is(settings: dict[str, object], address: tuple[str, int]) -> None:
    assert home(**settings).address == address


def test_an_address_with_colons_stands_in_brackets() -> None:
    assert Home(broker="[fd00::1]").address == ("fd00::1", 1883)
    assert Home(broker="[fd00::1]:1999").address == ("fd00::1", 1999)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"broker": "mqtt://box"}, r"home\.broker: should be host or host:port"),
        ({"broker": "box:70000"}, r"home\.broker: should be host or host:port"),
        ({"broker": "a b"}, r"home\.broker: should be host or host:port"),
        (
            {"broker": "embedded", "listen": "0.0.0.0"},  # noqa: S104 - refused
            r"home: listen \(0\.0\.0\.0\) can be reached",
        ),
        ({"discovery_prefix": "home/#"}, r"home\.discovery_prefix: "),
        ({"devices": [{"kind": "toaster", "name": "x"}]}, r"home\.devices: entry 1: kind: should"),
        ({"devices": [{"kind": "light", "name": "x"}]}, r"entry 1: a light needs a topic"),
    ],
)
def test_what_is_wrong_is_said(settings: dict[str, object], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        home(**settings)


def test_the_password_may_be_kept_elsewhere() -> None:
    config = load(
        flags={"home.broker": "box", "home.password": {"env": "BROKER"}},
        environ={"BROKER": "hidden"},
    )
    assert config.home.password == SecretStr("hidden")
    assert "hidden" not in repr(config)


def test_everywhere_with_a_password_is_fine() -> None:
    guarded = {"username": "a", "password": "b"}
    settings = {"broker": "embedded", "listen": "0.0.0.0", **guarded}  # noqa: S104 - guarded
    assert home(**settings).listens_at == ("0.0.0.0", 1883)  # noqa: S104 - what is configured


def test_no_broker_no_home_and_written_devices_are_there_from_the_start() -> None:
    assert household(load(environ={})) is None
    lamp = {"kind": "light", "name": "Lamp", "command_topic": "lamp/set"}
    flags = {"home.broker": "box", "home.devices": [lamp], "home.areas": {"lamp": "Attic"}}
    devices = household(load(flags=flags, environ={}))
    assert devices is not None
    assert devices.lists() == {"name": ["Lamp"], "area": ["Attic"], "floor": []}
