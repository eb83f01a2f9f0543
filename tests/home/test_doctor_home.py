"""What doctor says of the home."""

import asyncio
from pathlib import Path

from assistant.care.broker import broker
from assistant.config import Config, load
from tests.home.mosquitto import free_port, mosquitto, needs_mosquitto


def found(config: Config) -> list[tuple[str, str]]:
    return [(finding.state, finding.detail) for finding in broker(config)]


def home(**settings: object) -> Config:
    return load(flags={f"home.{key}": value for key, value in settings.items()}, environ={})


@needs_mosquitto
def test_a_broker_that_lets_us_in(tmp_path: Path) -> None:
    async def main() -> list[tuple[str, str]]:
        async with mosquitto(tmp_path) as server:
            config = home(broker=f"127.0.0.1:{server.port}")
            return await asyncio.to_thread(found, config)

    ((state, detail),) = asyncio.run(main())
    assert state == "ok"
    assert detail.endswith("lets us in")


def test_nobody_is_there() -> None:
    ((state, detail),) = found(home(broker=f"127.0.0.1:{free_port()}"))
    assert state == "fail"
    assert "nobody listens there" in detail


def test_a_password_that_others_can_read() -> None:
    config = home(broker="broker.invalid", username="ada", password="x", tls_ca="/none")  # noqa: S106 - a test
    (first, second, third) = found(config)
    assert first == (
        "warn",
        "the password goes to broker.invalid unencrypted: others in the network can read it",
    )
    assert second == ("warn", "home.tls_ca is given, but home.tls is not set")
    assert third[0] == "fail"


def test_a_certificate_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "ca").write_text("nothing")
    for path, why in ((tmp_path / "ca", "it holds no"), (tmp_path / "no", "No such file")):
        ((state, detail),) = found(home(broker="127.0.0.1", tls=True, tls_ca=str(path)))
        assert state == "fail"
        assert detail.startswith("home.tls_ca: ")
        assert why in detail


def test_its_own_broker() -> None:
    ((state, detail),) = found(home(broker="embedded"))
    assert (state, detail) == ("ok", "its own broker, at 127.0.0.1:1883 while it runs")
