import asyncio
import contextlib
import json
import os
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.control.client import LIMIT, NotRunning, call, default_path, running
from assistant.control.server import CONNECTIONS, serve
from assistant.core.events import Action, Event, Poked
from assistant.errors import AssistantError, BackendUnavailable
from assistant.ports import ANSWER, Seen, SessionState, Span, TurnReport


class ListedSession:
    """A session that answers from a list and keeps what it was told."""

    def __init__(self) -> None:
        self.told: list[object] = []
        self.gone = asyncio.Event()
        self.asked = asyncio.Event()
        self.device_is_there = True
        self.state = SessionState(
            activity="listening",
            muted=False,
            turns=3,
            microphone="USB Audio",
            speaker="HDMI 0",
            ears="Whisper tiny.en",
            mind="SmolLM2-135M",
            voice="en_US-joe-medium",
            last_latency=0.71,
            faults=("the speaker was gone for 3 s",),
        )

    def inject(self, event: Event) -> None:
        self.told.append(event)

    def watch(self, observer: Callable[[Seen], None]) -> Callable[[], None]:
        raise NotImplementedError

    async def ask(
        self, text: str, attachments: tuple[str, ...] = (), *, speak: bool = True
    ) -> TurnReport:
        self.told.append(("ask", text, attachments, speak))
        self.asked.set()
        if text == "for ever":
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                self.gone.set()
        return TurnReport(7, text, "Four.", "answered", (Span(7, ANSWER, 1.0, 1.25),))

    async def say(self, text: str) -> TurnReport:
        self.told.append(("say", text))
        return TurnReport(8, "", text, "answered")

    async def mute(self, *, on: bool) -> None:
        if not self.device_is_there:
            raise BackendUnavailable("device", "the microphone is gone; plug it in again")
        self.told.append(("mute", on))


class Running:
    """A served session, and requests to it from a thread as another process would make them."""

    def __init__(self, session: ListedSession, path: Path) -> None:
        self.session, self.path = session, path
        self.quits = 0

    def on_quit(self) -> None:
        self.quits += 1

    async def call(self, do: str, **details: object) -> dict[str, object]:
        return await asyncio.to_thread(call, self.path, {"do": do, **details})

    async def raw(self, message: bytes, *, end: bool = False) -> list[dict[str, object]]:
        """Send bytes and return all lines until the connection ends."""
        return await asyncio.to_thread(self._raw, message, end=end)

    def _raw(self, message: bytes, *, end: bool) -> list[dict[str, object]]:
        received = b""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(os.fspath(self.path))
            with contextlib.suppress(ConnectionError):
                connection.sendall(message)
            if end:
                connection.shutdown(socket.SHUT_WR)
            with contextlib.suppress(ConnectionError):
                while part := connection.recv(LIMIT):
                    received += part
        return [json.loads(line) for line in received.splitlines()]


def served(tmp_path: Path, test: Callable[[Running], Awaitable[None]]) -> None:
    async def main() -> None:
        run = Running(ListedSession(), tmp_path / "control.sock")
        async with asyncio.timeout(20), serve(run.session, on_quit=run.on_quit, path=run.path):
            await test(run)
        assert not run.path.exists()

    asyncio.run(main())


def test_status_tells_everything(tmp_path: Path) -> None:
    async def test(run: Running) -> None:
        answer = await run.call("status")
        assert answer["activity"] == "listening"
        assert answer["ears"] == "Whisper tiny.en"
        assert answer["last_latency"] == 0.71
        assert answer["faults"] == ["the speaker was gone for 3 s"]
        assert answer["pid"] == os.getpid()
        assert running(run.path) == os.getpid()

    served(tmp_path, test)


def test_each_verb_reaches_the_session(tmp_path: Path) -> None:
    async def test(run: Running) -> None:
        await run.call("mute")
        await run.call("unmute")
        await run.call("talk", key="press")
        await run.call("talk", key="release")
        await run.call("stop")
        asked = await run.call("ask", text="two and two?", speak=False)
        await run.call("say", text="dinner is ready")
        assert run.session.told == [
            ("mute", True),
            ("mute", False),
            Poked(Action.PRESS),
            Poked(Action.RELEASE),
            Poked(Action.STOP),
            ("ask", "two and two?", (), False),
            ("say", "dinner is ready"),
        ]
        assert (asked["said"], asked["outcome"], asked["latency"]) == ("Four.", "answered", 0.25)
        assert run.quits == 0
        await run.call("quit")
        assert run.quits == 1

    served(tmp_path, test)


@pytest.mark.parametrize(
    ("details", "names"),
    [
        ({"do": "dance"}, "'dance'.*status, mute"),
        ({"do": ["status"]}, "status, mute"),
        ({"do": "talk"}, "press"),
        ({"do": "talk", "key": 1}, "press"),
        ({"do": "ask"}, "text"),
        ({"do": "ask", "text": 5}, "text"),
        ({"do": "say", "text": "  "}, "text"),
        ({"do": "say", "text": "\ud83d"}, "damaged"),
    ],
)
def test_a_wrong_request_is_refused_in_words(
    tmp_path: Path, details: dict[str, object], names: str
) -> None:
    async def test(run: Running) -> None:
        with pytest.raises(AssistantError, match=names):
            await asyncio.to_thread(call, run.path, details)
        assert run.session.told == []
        await run.call("status")

    served(tmp_path, test)


def test_a_fault_of_the_session_is_told_and_is_not_the_end(tmp_path: Path) -> None:
    async def test(run: Running) -> None:
        run.session.device_is_there = False
        with pytest.raises(AssistantError, match="the microphone is gone"):
            await run.call("mute")
        await run.call("status")

    served(tmp_path, test)


STATUS = b'{"v": 1, "do": "status"}\n'


@pytest.mark.parametrize(
    ("message", "names"),
    [
        (b"hello\n", "line of JSON"),
        (b"\n", "line of JSON"),
        (b"\xff\xfe\x00\n", "line of JSON"),
        (b"[" * 60_000 + b"\n", "line of JSON"),
        (b'{"v": 1, "do": ' + b"9" * 5000 + b"}\n", "line of JSON"),
        (b"[1]\n", "not an object"),
        (b'{"v": 1}\n', "not an object"),
        (b'{"v": 2, "do": "status"}\n', "version 1"),
        (b'{"do": "status"}\n', "version 1"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "line of JSON"),
        (b"x" * (LIMIT + 10) + b"\n", "longer than"),
        (b"x" * (20 * LIMIT), "longer than"),
    ],
)
def test_what_is_no_request_gets_one_error_line_and_the_end(
    tmp_path: Path, message: bytes, names: str
) -> None:
    async def test(run: Running) -> None:
        lines = await run.raw(message + STATUS)  # what follows is not read any more
        assert len(lines) == 1
        assert lines[0]["ok"] is False
        assert names in str(lines[0]["error"])
        await run.call("status")  # nobody else noticed

    served(tmp_path, test)


def test_half_a_request_is_an_error_and_none_is_not(tmp_path: Path) -> None:
    async def test(run: Running) -> None:
        (line,) = await run.raw(STATUS[:9], end=True)
        assert "middle of a line" in str(line["error"])
        assert await run.raw(b"", end=True) == []

    served(tmp_path, test)


def test_a_connection_carries_requests_one_after_another(tmp_path: Path) -> None:
    async def test(run: Running) -> None:
        lines = await run.raw(STATUS * 3, end=True)
        assert [line["ok"] for line in lines] == [True] * 3

    served(tmp_path, test)


def test_a_slow_request_ends_while_others_are_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.control.server.PATIENCE", 0.1)

    async def test(run: Running) -> None:
        async with asyncio.TaskGroup() as group:
            slow = group.create_task(run.raw(b'{"v": 1,'))
            await run.call("status")
        (line,) = slow.result()
        assert "within 0.1 s" in str(line["error"])

    served(tmp_path, test)


def test_who_hangs_up_is_answered_no_more(tmp_path: Path) -> None:
    async def test(run: Running) -> None:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(os.fspath(run.path))
            connection.sendall(b'{"v": 1, "do": "ask", "text": "for ever"}\n')
            await run.session.asked.wait()
            connection.shutdown(socket.SHUT_WR)  # the last request was sent: no end of waiting
            await asyncio.sleep(0.3)
            assert not run.session.gone.is_set()
        async with asyncio.timeout(2):
            await run.session.gone.wait()
        assert (await run.call("ask", text="And now?"))["said"] == "Four."

    served(tmp_path, test)


def test_an_answer_that_takes_too_long_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.control.server.REPLY", 0.1)

    async def test(run: Running) -> None:
        with pytest.raises(AssistantError, match=r"no answer within 0\.1 s"):
            await run.call("ask", text="for ever")

    served(tmp_path, test)


def test_one_that_does_not_read_its_answers_is_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.control.server.PATIENCE", 0.1)

    async def test(run: Running) -> None:
        run.session.state = replace(run.session.state, ears="e" * 60_000)
        deaf = socket.socket(socket.AF_UNIX)
        deaf.settimeout(5)
        deaf.connect(os.fspath(run.path))
        deaf.sendall(STATUS * 50)
        await asyncio.sleep(0.3)  # longer than its patience
        received = 0
        with contextlib.suppress(ConnectionError):
            while part := deaf.recv(LIMIT):  # ends at once: nothing more comes
                received += len(part)
        deaf.close()
        assert received < 50 * 60_000
        await run.call("status")

    served(tmp_path, test)


def test_too_many_connections_are_refused_and_later_ones_are_not(tmp_path: Path) -> None:
    async def test(run: Running) -> None:
        pairs = [await asyncio.open_unix_connection(run.path) for _ in range(CONNECTIONS)]
        for _, writer in pairs:  # all of them are really in
            writer.write(STATUS)
        for reader, _ in pairs:
            assert json.loads(await reader.readline())["ok"]
        (line,) = await run.raw(b"")
        assert "too many" in str(line["error"])
        for reader, writer in pairs:
            writer.write_eof()
            assert await reader.read() == b""
            writer.close()
        await run.call("status")

    served(tmp_path, test)


def test_the_end_does_not_wait_for_those_who_are_connected(tmp_path: Path) -> None:
    async def main() -> None:
        run = Running(ListedSession(), tmp_path / "control.sock")
        async with asyncio.timeout(3):
            async with serve(run.session, on_quit=run.on_quit, path=run.path):
                reader, writer = await asyncio.open_unix_connection(run.path)
                writer.write(b'{"v": 1, "do": "ask", "text": "for ever"}\n')
                await run.session.asked.wait()
            with contextlib.suppress(ConnectionError):
                assert await reader.read() == b""
            writer.close()

    asyncio.run(main())


def test_only_the_user_can_open_the_socket(tmp_path: Path) -> None:
    async def main() -> None:
        path = tmp_path / "new" / "control.sock"
        old = os.umask(0)
        try:
            async with serve(ListedSession(), on_quit=print, path=path):
                assert stat.S_IMODE(path.stat().st_mode) == 0o600
                assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
                assert stat.S_IMODE(path.with_suffix(".lock").stat().st_mode) == 0o600
        finally:
            os.umask(old)

    asyncio.run(main())


def test_another_user_is_sent_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(run: Running) -> None:
        mine = os.getuid()
        monkeypatch.setattr("os.getuid", lambda: mine + 1)  # now we are the stranger
        if mine == 0:  # root may, whoever it is that serves
            assert (await run.call("status"))["ok"]
        else:
            with pytest.raises(AssistantError, match="another user"):
                await run.call("status")

    served(tmp_path, test)


STRANGER = """
import os, socket, sys
os.setuid(65534)
connection = socket.socket(socket.AF_UNIX)
connection.connect(sys.argv[1])
sys.stdout.write(connection.makefile().readline())
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_a_stranger_is_sent_away_even_when_the_file_lets_them_in() -> None:
    async def main() -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "control.sock"
            async with serve(ListedSession(), on_quit=print, path=path):
                path.parent.chmod(0o755)
                path.chmod(0o777)
                stranger = await asyncio.create_subprocess_exec(
                    sys.executable, "-c", STRANGER, str(path), stdout=subprocess.PIPE
                )
                out, _ = await stranger.communicate()
        assert "another user" in json.loads(out)["error"]

    asyncio.run(main())


def test_a_second_assistant_names_the_first(tmp_path: Path) -> None:
    async def test(run: Running) -> None:
        with pytest.raises(AssistantError, match=rf"pid {os.getpid()}\) already runs.*quit"):
            async with serve(ListedSession(), on_quit=print, path=run.path):
                pass
        assert (await run.call("status"))["ok"]

    served(tmp_path, test)


def test_a_second_one_is_found_without_its_lock_file_too(tmp_path: Path) -> None:
    async def test(run: Running) -> None:
        run.path.with_suffix(".lock").unlink()
        with pytest.raises(AssistantError, match=rf"pid {os.getpid()}\) already runs"):
            async with serve(ListedSession(), on_quit=print, path=run.path):
                pass

    served(tmp_path, test)


def test_what_a_dead_assistant_left_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    dead = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    dead.bind(os.fspath(path))
    dead.listen()
    dead.close()
    path.with_suffix(".lock").write_text("99999\n")
    with pytest.raises(NotRunning):
        call(path, {"do": "status"})

    async def test(run: Running) -> None:
        assert (await run.call("status"))["ok"]

    served(tmp_path, test)


@pytest.mark.parametrize("place", ["a-file/control.sock", "d" * 120 + "/control.sock"])
def test_a_place_that_cannot_be_is_one_clear_error(tmp_path: Path, place: str) -> None:
    (tmp_path / "a-file").touch()

    async def main() -> None:
        with pytest.raises(AssistantError, match=r"control\.socket to a path that can"):
            async with serve(ListedSession(), on_quit=print, path=tmp_path / place):
                pass

    asyncio.run(main())


def answered_by(tmp_path: Path, answer: bytes | None) -> AssistantError:
    """What `call` raises when something else listens: it sends `answer`, or nothing."""
    path = tmp_path / "other.sock"

    async def other(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        if answer is None:
            await reader.read()  # until the client gives up
        else:
            writer.write(answer)
        writer.close()

    async def main() -> AssistantError:
        async with await asyncio.start_unix_server(other, path):
            with pytest.raises(AssistantError) as raised:
                await asyncio.to_thread(call, path, {"do": "status"}, 0.2)
            return raised.value

    return asyncio.run(main())


@pytest.mark.parametrize(
    ("answer", "names"),
    [
        (None, "did not answer within 0.2 s"),
        (b"", "damaged"),
        (b"hello\n", "damaged"),
        (b"[]\n", "damaged"),
        (b'{"v": 1}\n', "damaged"),
        (b'{"v": 9, "ok": true}\n', "version 9"),
        (b'{"v": 9, "ok": false, "error": "no"}\n', "no"),
    ],
)
def test_a_client_names_what_is_wrong(tmp_path: Path, answer: bytes | None, names: str) -> None:
    assert names in str(answered_by(tmp_path, answer))


def test_a_client_says_that_nothing_runs(tmp_path: Path) -> None:
    with pytest.raises(NotRunning, match="start it with `assistant run`") as raised:
        call(tmp_path / "control.sock", {"do": "status"})
    assert raised.value.exit_code == 69
    assert running(tmp_path / "control.sock") is None


def test_a_client_does_not_send_what_is_too_long(tmp_path: Path) -> None:
    with pytest.raises(AssistantError, match="too long"):
        call(tmp_path / "control.sock", {"do": "say", "text": "x" * LIMIT})


def test_where_the_socket_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert default_path() == f"{tmp_path}/assistant/control.sock"
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "gone"))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    assert default_path() == "/home/ada/.local/state/assistant/control.sock"
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    assert default_path() == "/state/assistant/control.sock"
