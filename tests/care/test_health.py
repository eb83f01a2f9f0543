"""Gauges, their limits, and what a report for other people's eyes holds."""

import asyncio
import logging
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.care.health import Gauge, Health, Recent, process_gauges, summary
from assistant.errors import BackendUnavailable

SECRET = "sk-something"  # noqa: S105 - of nobody
QUESTION = "what does my doctor say"


class Dial:
    """A gauge that a test turns."""

    def __init__(self) -> None:
        self.value: float | None = 0.0

    def __call__(self) -> float | None:
        return self.value


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    told = [record.getMessage() for record in caplog.records]
    caplog.clear()
    return told


def test_one_warning_when_a_limit_is_passed_and_another_only_after_a_calm(
    caplog: pytest.LogCaptureFixture,
) -> None:
    dial = Dial()
    health = Health([Gauge("events waiting", dial, 100.0)])
    told = []
    for value in (100, 101, 500, 99, 101, 79, 81, 101):
        dial.value = value
        health.look()
        told.append(len(warnings(caplog)))
    assert told == [0, 1, 0, 0, 0, 0, 0, 1]
    (reading,) = health.told()
    assert reading == {
        "name": "events waiting",
        "now": 101,
        "most": 500,
        "limit": 100.0,
        "unit": "",
        "over": True,
    }


def test_the_warning_says_what_and_how_much(caplog: pytest.LogCaptureFixture) -> None:
    Health([Gauge("last frame", lambda: 7.25, 5.0, "s")]).look()
    (told,) = warnings(caplog)
    assert told == "last frame: 7.25 s, more than 5 s; see `assistant report`"


def test_what_only_grows_is_limited_by_how_fast(caplog: pytest.LogCaptureFixture) -> None:
    dial = Dial()
    health = Health([Gauge("gaps in sound", dial, 10.0, counts=True)])
    told = []
    for value in (0, 9, 18, 40, 41, 1000, 1001):
        dial.value = value
        health.look()
        told.append(len(warnings(caplog)))
    assert told == [0, 0, 0, 1, 0, 1, 0]


def test_what_cannot_be_read_is_no_number_and_no_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    health = Health([Gauge("memory", lambda: None, 1.0, "MB")])
    health.look()
    assert warnings(caplog) == []
    assert health.told()[0]["now"] is None
    assert health.lines() == []


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux: /proc")
def test_the_gauges_of_this_process_move_with_it() -> None:
    async def main() -> None:
        gauges = {gauge.name: gauge.read for gauge in process_gauges()}

        def read(name: str) -> float:
            value = gauges[name]()
            assert value is not None
            return value

        before = {name: read(name) for name in ("memory", "threads", "open files", "tasks")}
        over = threading.Event()
        thread = threading.Thread(target=over.wait)
        thread.start()
        kept = bytearray(os.urandom(64) * 1_000_000)
        file = os.open(os.devnull, os.O_RDONLY)
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(asyncio.sleep(60))
            assert 55 < read("memory") - before["memory"] < 90
            assert read("threads") == before["threads"] + 1
            assert read("open files") == before["open files"] + 1
            assert read("tasks") == before["tasks"] + 1
            task.cancel()
        os.close(file)
        over.set()
        thread.join()
        del kept

    asyncio.run(main())


def test_memory_is_given_back_only_when_it_is_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> list[int]:
        given: list[int] = []
        monkeypatch.setattr("assistant.heap.give_back", lambda: given.append(1))
        moods, told = iter([False, True, False]), asyncio.Event()

        def quiet() -> bool:
            mood = next(moods, None)
            if mood is None:
                told.set()
            return bool(mood)

        async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
            keeping = tasks.create_task(Health([]).keep(quiet, 0.001))
            await told.wait()
            keeping.cancel()
        return given

    assert asyncio.run(main()) == [1]


def test_growth_counts_from_when_it_had_settled(tmp_path: Path) -> None:
    async def main() -> None:
        statm = tmp_path / "statm"
        (gauge,) = (g for g in process_gauges(root=tmp_path) if g.name == "memory grown")
        pages = iter([100, 5_000, 9_000, 9_000, 9_000, 10_000, 10_000, 9_000, 12_000])
        page = os.sysconf("SC_PAGE_SIZE") / 1e6
        told = []
        for resident in pages:
            statm.write_text(f"1 {resident} 1 1 0 1 0")
            told.append(gauge.read())
        assert told[:5] == [None] * 5
        assert told[5:] == pytest.approx([0, 0, 0, 2_000 * page])

    asyncio.run(main())


@pytest.fixture
def recent() -> Iterator[Recent]:
    """Keep what this test's logger says."""
    keeper = Recent()
    logging.getLogger("assistant.tests").addHandler(keeper)
    yield keeper
    logging.getLogger("assistant.tests").removeHandler(keeper)


def _fail() -> None:
    raise KeyError(QUESTION)


def test_no_word_and_no_secret_gets_into_the_text(recent: Recent) -> None:
    log = logging.getLogger("assistant.tests")
    log.info("not even this")
    log.warning("a reply failed: %s", BackendUnavailable("openai", f"no key {SECRET}"))
    log.warning("asked %r after %d s, %.1f in all", QUESTION, 3, 0.5)
    log.warning("as a mapping: %(what)s", {"what": QUESTION})
    try:
        _fail()
    except KeyError as error:
        log.exception("a reply failed", exc_info=error)
    text = summary([("assistant", "0.1.0")], Health([]), recent)
    assert SECRET not in text
    assert QUESTION not in text
    assert "a reply failed: BackendUnavailable" in text
    assert "asked … after 3 s, 0.5 in all" in text
    assert "a reply failed (KeyError at test_health.py:" in text
    assert "assistant      0.1.0" in text
    full = [str(one["text"]) for one in recent.told()]
    assert any(SECRET in one for one in full), "the user's own socket tells all of it"
    assert len(full) == 4


def test_only_the_newest_are_kept(recent: Recent) -> None:
    for number in range(100):
        logging.getLogger("assistant.tests").warning("number %d", number)
    told = [str(one["text"]) for one in recent.told()]
    assert told == [f"number {number}" for number in range(80, 100)]
