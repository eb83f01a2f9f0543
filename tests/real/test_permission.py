"""What its user may not touch: said in words, and taken up again as soon as it is allowed."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event
from time import perf_counter

import pytest

from assistant.control.client import NotRunning, call
from assistant.testing.http_mind import HttpMind
from tests.real import virtual_audio
from tests.real.daemon import EARS, PATIENCE, PROGRAM, environment, have_models, model_server
from tests.real.virtual_audio import VirtualAudio

pytestmark = pytest.mark.real

BACK_S = 4.0
_OVERRIDE = "-dac_override,-dac_read_search"


def as_others() -> tuple[str, ...]:
    """Return words before a command that let files be closed to root, too."""
    if os.geteuid():
        return ()
    if shutil.which("setpriv") is None:
        pytest.skip("needs setpriv (util-linux), or a user who is not root")
    return "setpriv", f"--bounding-set={_OVERRIDE}", f"--inh-caps={_OVERRIDE}"


@pytest.fixture
def audio(tmp_path: Path) -> Iterator[VirtualAudio]:
    with virtual_audio.virtual_audio(tmp_path / "audio") as server:
        yield server


@contextmanager
def closed(path: Path, mode: int) -> Iterator[None]:
    before = path.stat().st_mode
    path.chmod(mode)
    try:
        yield
    finally:
        path.chmod(before)


def test_a_sound_server_that_may_not_be_used_is_named_and_heard_once_it_may(
    tmp_path: Path, audio: VirtualAudio
) -> None:
    have_models()
    env = environment(tmp_path, **audio.client, NOTIFY_SOCKET=str(tmp_path / "notify"))
    place = f"{env['XDG_RUNTIME_DIR']}/assistant/control.sock"
    server = Path(env["PULSE_SERVER"].removeprefix("unix:"))

    def until(seconds: float = PATIENCE, **wanted: object) -> dict[str, object]:
        began = perf_counter()
        status: dict[str, object] = {}
        while perf_counter() - began < seconds:
            try:
                status = call(place, {"do": "status"}, PATIENCE)
            except NotRunning:
                assert process.poll() is None, "it has ended"
            if status and all(status[name] == value for name, value in wanted.items()):
                return status
            Event().wait(0.1)
        pytest.fail(f"not within {seconds} s: {wanted}; {status}")

    with ExitStack() as stack:
        manager = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        manager.bind(env["NOTIFY_SOCKET"])
        mind = stack.enter_context(model_server(HttpMind()))
        stack.enter_context(closed(tmp_path / "state", 0o500))
        with closed(server, 0):
            process = stack.enter_context(
                subprocess.Popen(
                    [*as_others(), *PROGRAM, "run", *EARS, *mind],
                    env=env,
                    cwd=env["HOME"],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                )
            )
            stack.callback(process.kill)
            told = until(activity="deaf")["trouble"]
            assert f"this user may not use the sound server at {server}" in str(told)
        until(BACK_S, activity="listening", trouble="")
        assert call(place, {"do": "mute"}, PATIENCE)["ok"], "though it cannot be remembered"
        until(BACK_S, muted=True)
        assert call(place, {"do": "quit"}, PATIENCE)["ok"]
        assert process.wait(PATIENCE) == 0
        assert process.stderr is not None
        assert b"Traceback" not in process.stderr.read()


def test_a_control_socket_where_it_may_not_be_made_is_one_line(tmp_path: Path) -> None:
    env = environment(tmp_path)
    folder = tmp_path / "closed"
    folder.mkdir()
    options = ("-s", f"control.socket={folder}/control.sock", "-s", "device.backend=file")
    with closed(folder, 0o500):
        ended = subprocess.run(
            [*as_others(), *PROGRAM, "run", *options],
            env=env,
            cwd=env["HOME"],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert f"{folder}/control.sock: the control socket cannot be made (Permission denied)" in line
    assert "set control.socket to a path that can" in line


@pytest.mark.parametrize(("mode", "told"), [(0o600, ""), (0, "usermod -aG audio")])
def test_sound_cards_that_may_not_be_used_are_named(tmp_path: Path, mode: int, told: str) -> None:
    """Where there is no sound server; the files stand for the nodes of a card."""
    cards = tmp_path / "snd"
    cards.mkdir()
    for name in ("pcmC0D0c", "pcmC0D0p", "timer"):
        (cards / name).touch(0o600 if name == "timer" else mode)
    ask = (
        "import sys; from pathlib import Path; "
        "from assistant.backends.device_sounddevice.portaudio import forbidden; "
        "print(forbidden({}, Path(sys.argv[1])))"
    )
    asked = subprocess.run(
        [*as_others(), sys.executable, "-c", ask, str(cards)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    assert told in asked.stdout
    assert bool(asked.stdout.strip()) is bool(told)
