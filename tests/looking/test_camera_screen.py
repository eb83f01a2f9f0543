"""The screen where there is none, and which way it is looked at."""

import asyncio
from pathlib import Path
from urllib.parse import quote

import pytest
from PIL import Image

from assistant.backends import camera_screen
from assistant.backends.camera_screen import Config, _decoded, way
from assistant.errors import BackendUnavailable
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
