"""The status, pushed: to who reads at once, who reads late, who never reads, who goes away."""

import asyncio
import contextlib
import json
import os
import socket
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.control import client
from assistant.control.client import LIMIT
from assistant.control.server import CONNECTIONS, WATCHERS, Answer, Upkeep, serve
from assistant.errors import AssistantError, ConfigError
from assistant.ports import Seen
from assistant.views import Activity, Status
from tests.control.test_control import ListedSession, Running

WATCH = b'{"v": 1, "do": "watch"}\n'


class WatchedSession(ListedSession):
    """A listed session that can be watched."""

    def __init__(self) -> None:
        super().__init__()
        self.observers: list[Callable[[Seen], None]] = []

    def watch(self, observer: Callable[[Seen], None]) -> Callable[[], None]:
        self.observers.append(observer)
        return lambda: self.observers.remove(observer)

    def become(self, activity: str, **more: object) -> None:
        self.state = replace(self.state, activity=activity, **more)  # type: ignore[arg-type]
        for observer in tuple(self.observers):
            observer(Status(Activity.LISTENING))


class Watching(Running):
    """The served session of these tests."""

    session: WatchedSession  # type: ignore[mutable-override]


def served(
    tmp_path: Path, test: Callable[[Watching], Awaitable[None]], upkeep: Upkeep | None = None
) -> None:
    async def main() -> None:
        run = Watching(WatchedSession(), tmp_path / "control.sock")
        async with (
            asyncio.timeout(30),
            serve(run.session, on_quit=run.on_quit, path=run.path, upkeep=upkeep),
        ):
            await test(run)
        assert run.session.observers == []

    asyncio.run(main())


async def opened(run: Watching) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_unix_connection(run.path)
    writer.write(WATCH)
    return reader, writer


async def line(reader: asyncio.StreamReader) -> dict[str, object]:
    told: dict[str, object] = json.loads(await reader.readline())
    return told


def rest_of(deaf: socket.socket) -> int:
    """Return how many bytes were kept for who did not read them."""
    kept = 0
    with contextlib.suppress(ConnectionError):
        while part := deaf.recv(LIMIT):
            kept += len(part)
    return kept


async def until(check: Callable[[], bool]) -> None:
    while not check():  # noqa: ASYNC110 - what another task does
        await asyncio.sleep(0.01)


def test_each_change_comes_and_nothing_else(tmp_path: Path) -> None:
    async def test(run: Watching) -> None:
        reader, writer = await opened(run)
        first = await line(reader)
        assert (first["ok"], first["activity"]) == (True, "listening")
        assert first.keys() == (await run.call("status")).keys()
        run.session.become("hearing")
        assert (await line(reader))["activity"] == "hearing"
        run.session.become("hearing")  # told, and yet no change
        run.session.become("thinking", turns=4)
        told = await line(reader)
        assert (told["activity"], told["turns"]) == ("thinking", 4)
        writer.close()
        await until(lambda: run.session.observers == [])
        run.session.become("speaking")
        assert (await run.call("status"))["activity"] == "speaking"

    served(tmp_path, test)


def test_what_is_overtaken_is_not_told(tmp_path: Path) -> None:
    async def test(run: Watching) -> None:
        reader, writer = await opened(run)
        await line(reader)
        for turns in range(100):
            run.session.become("hearing", turns=turns)
        assert (await line(reader))["turns"] == 99
        writer.close()

    served(tmp_path, test)


def test_who_hears_nothing_new_hears_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.control.server.BEAT", 0.05)

    async def test(run: Watching) -> None:
        reader, writer = await opened(run)
        told = [await line(reader) for _ in range(4)]
        assert {one["activity"] for one in told} == {"listening"}
        writer.close()

    served(tmp_path, test)


def test_who_does_not_read_is_dropped_and_holds_nobody_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.control.server.PATIENCE", 0.3)

    async def test(run: Watching) -> None:
        deaf = socket.socket(socket.AF_UNIX)
        deaf.connect(os.fspath(run.path))
        deaf.sendall(WATCH)
        await until(lambda: len(run.session.observers) == 1)
        reader, writer = await opened(run)
        await line(reader)
        deaf.settimeout(5)
        pushed = 0
        while len(run.session.observers) == 2:
            pushed += 1
            run.session.become("hearing", turns=pushed, ears="e" * 50_000)
            assert (await line(reader))["turns"] == pushed, "others are told at once"
        kept = await asyncio.to_thread(rest_of, deaf)  # the loop closes it, so it has to run
        assert kept < 20 * LIMIT < pushed * 50_000, "what the system keeps is all that it costs"
        deaf.close()
        writer.close()

    served(tmp_path, test)


def test_some_places_are_for_who_wants_something_done(tmp_path: Path) -> None:
    async def test(run: Watching) -> None:
        assert WATCHERS < CONNECTIONS
        pairs = [await opened(run) for _ in range(WATCHERS)]
        for reader, _ in pairs:
            assert (await line(reader))["ok"]
        (refused,) = await run.raw(WATCH)
        assert "watch already" in str(refused["error"])
        await run.call("mute")
        for _, writer in pairs:
            writer.close()
        await until(lambda: run.session.observers == [])
        reader, writer = await opened(run)
        assert (await line(reader))["ok"]
        writer.close()

    served(tmp_path, test)


def test_the_end_of_the_assistant_ends_the_watch(tmp_path: Path) -> None:
    async def main() -> None:
        run = Watching(WatchedSession(), tmp_path / "control.sock")
        async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
            async with serve(run.session, on_quit=run.on_quit, path=run.path):
                watched = asyncio.to_thread(lambda: list(client.watch(run.path)))
                watching = tasks.create_task(watched)
                await until(lambda: len(run.session.observers) == 1)
                await asyncio.sleep(0.1)
            told = await watching
        assert [one["activity"] for one in told] == ["listening"]

    asyncio.run(main())


def test_a_client_that_hears_nothing_says_that_it_hangs(tmp_path: Path) -> None:
    path = tmp_path / "other.sock"

    async def other(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b'{"v": 1, "ok": true, "activity": "listening"}\n')
        await reader.read()
        writer.close()

    async def main() -> None:
        async with await asyncio.start_unix_server(other, path):
            watching = client.watch(path, timeout=0.2)
            assert (await asyncio.to_thread(next, watching))["activity"] == "listening"
            with pytest.raises(AssistantError, match=r"did not answer within 0\.2 s"):
                await asyncio.to_thread(next, watching)

    asyncio.run(main())


# ── upkeep ────────────────────────────────────────────────────────────────────────────────────


def test_reload_and_report_are_answered_by_the_daemon(tmp_path: Path) -> None:
    wrong = [False]

    async def reload(profile: str | None) -> Answer:
        if wrong[0]:
            raise ConfigError("turns.patience", "should be 'quick' (config.yaml line 3)")
        return {"taken": [profile or "turns.patience"], "restart": []}

    async def test(run: Watching) -> None:
        assert (await run.call("reload"))["taken"] == ["turns.patience"]
        assert (await run.call("reload", profile="evening"))["taken"] == ["evening"]
        with pytest.raises(AssistantError, match="should be the name"):
            await run.call("reload", profile=7)
        report = await run.call("report")
        assert (report["health"], report["activity"]) == ([], "listening")
        wrong[0] = True
        with pytest.raises(AssistantError, match=r"turns\.patience: .* line 3"):
            await run.call("reload")
        await run.call("status")

    served(tmp_path, test, Upkeep(reload, lambda: {"health": []}))


def test_one_without_upkeep_says_so(tmp_path: Path) -> None:
    async def test(run: Watching) -> None:
        with pytest.raises(AssistantError, match="without upkeep"):
            await run.call("reload")

    served(tmp_path, test)
