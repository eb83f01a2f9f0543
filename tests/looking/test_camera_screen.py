"""The screen where there is none, which way it is looked at, and the portal of a desktop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from shutil import which
from urllib.parse import quote

import pytest
from dbus_fast import Message as DBusMessage
from dbus_fast import Variant
from dbus_fast.aio import MessageBus
from PIL import Image

from assistant.backends import camera_screen
from assistant.backends.camera_screen import PATH, PORTAL, REQUEST, Config, _decoded, way
from assistant.errors import BackendTimeout, BackendUnavailable
from tests.looking.pictures import GREEN, near, plain


async def look(config: Config) -> None:
    async with camera_screen.open(config) as screen:
        told: list[bool] = []
        screen.watch(lambda: told.append(screen.active))
        try:
            await screen.shot()
        finally:
            assert told == [True, False], "it is seen to look, whatever comes of it"


def test_the_portal_is_taken_where_the_desktop_is_wayland() -> None:
    assert way("auto", {"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}) == "portal"
    assert way("auto", {"DISPLAY": ":0"}) == "x11"
    assert way("x11", {"WAYLAND_DISPLAY": "wayland-0"}) == "x11"


def test_without_a_desktop_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    with pytest.raises(BackendUnavailable, match="neither DISPLAY nor WAYLAND_DISPLAY is set"):
        asyncio.run(look(Config(through="x11")))


def test_a_display_that_is_not_there_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":987")
    with pytest.raises(BackendUnavailable) as failed:
        asyncio.run(look(Config(through="x11")))
    assert "\n" not in str(failed.value)


def test_a_session_without_a_bus_has_no_portal(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/none")
    with pytest.raises(BackendUnavailable, match="D-Bus cannot be reached"):
        asyncio.run(look(Config(through="portal")))


def test_the_picture_that_the_portal_wrote_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "Screenshot from today.png"
    Image.fromarray(plain(GREEN)).save(path)
    pixels = _decoded(f"file://{quote(str(path))}")
    red, green, blue = pixels.reshape(-1, 3).mean(axis=0)
    assert near((round(red), round(green), round(blue)), GREEN)
    assert not path.exists()
    with pytest.raises(BackendUnavailable, match="cannot be read"):
        _decoded(f"file://{quote(str(path))}")


# ── the portal of a desktop: a real bus, and who answers on it ────────────────────────────────

needs_bus = pytest.mark.skipif(not which("dbus-daemon"), reason="needs dbus-daemon")


@asynccontextmanager
async def desktop(folder: Path, code: int, *, answers: bool = True) -> AsyncIterator[Path]:
    """Yield where a desktop's portal puts its picture, a green one; `code` is its answer."""
    address = f"unix:path={folder}/bus"
    daemon = await asyncio.create_subprocess_exec(
        *("dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address"),
        f"--address={address}",
        stdout=asyncio.subprocess.PIPE,
    )
    assert daemon.stdout is not None
    await daemon.stdout.readline()
    bus = await MessageBus(bus_address=address).connect()
    picture = folder / "Screenshot from today.png"

    def answer(message: DBusMessage) -> DBusMessage | None:
        if message.member != "Screenshot":
            return None
        _, options = message.body
        assert not options["interactive"].value
        sender = str(message.sender).removeprefix(":").replace(".", "_")
        path = f"{PATH}/request/{sender}/{options['handle_token'].value}"
        Image.fromarray(plain(GREEN)).save(picture)
        results = {"uri": Variant("s", f"file://{quote(str(picture))}")} if not code else {}
        signal = DBusMessage.new_signal(path, REQUEST, "Response", "ua{sv}", [code, results])
        if answers:
            asyncio.get_running_loop().call_later(0.05, bus.send, signal)
        return DBusMessage.new_method_return(message, "o", [path])

    try:
        await bus.request_name(PORTAL)
        bus.add_message_handler(answer)
        yield picture
    finally:
        bus.disconnect()
        daemon.terminate()
        await daemon.wait()


@needs_bus
@pytest.mark.parametrize(
    ("code", "answers", "says"),
    [
        (0, True, ""),
        (1, True, "you did not allow a picture of it"),
        (2, True, "the desktop took no picture"),
        (0, False, "no picture within 0.5 s; did the desktop ask you"),
    ],
)
def test_the_portal_is_asked_and_its_answer_waited_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: int, says: str, *, answers: bool
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/bus")

    async def main() -> None:
        async with (
            asyncio.timeout(20),
            desktop(tmp_path, code, answers=answers) as picture,
            camera_screen.open(Config(through="portal", shot_s=0.5 if says else 10)) as screen,
        ):
            if says:
                with pytest.raises((BackendUnavailable, BackendTimeout), match=says):
                    await screen.shot()
                return
            shot = await screen.shot()
            red, green, blue = shot.pixels.reshape(-1, 3).mean(axis=0)
            assert near((round(red), round(green), round(blue)), GREEN)
            assert shot.source == "screen"
            assert not picture.exists(), "nothing of it stays"

    asyncio.run(main())
