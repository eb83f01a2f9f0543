"""The assistant on the bus: what it does is told, what is asked of it is done.

States are retained, so that who comes later knows them, and only the newest of each is kept for
sending. What happens once (an event, a command) is never retained: nobody should be woken by what
was said yesterday. All of it goes with QoS 1: once it has left, the broker has it.
"""

import asyncio
import json
import logging
from collections import deque
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from assistant.backends.home_mqtt.discovery import (
    EVENTS,
    LONGEST_STATE,
    OFF,
    ON,
    ONLINE,
    UNKNOWN,
    Names,
    payload,
)
from assistant.errors import AssistantError, BackendError
from assistant.ports import Button, Choice, Control, Dial, Seen, Session, Switch, TurnReport
from assistant.views import Activity, Countdown, Status

_log = logging.getLogger(__name__)

LONGEST_COMMAND = 4096
"""Bytes of what is asked of us."""
AT_ONCE = 8
"""Commands that are being obeyed; more are dropped, so that a loop gone wild costs little."""
COMMAND_S = 120.0
"""How long a command may take: an answer, spoken to its end."""
LOOK_S = 1.0
"""How often it is looked whether something was turned elsewhere, by a reload for example."""
EVENTS_KEPT = 32
"""Of those that wait for the broker."""
_TRUTH = {ON.lower(): True, OFF.lower(): False}


class Bus(Protocol):
    """What the surface needs of the connection."""

    async def publish(self, topic: str, payload: str, retain: bool = False) -> None:  # noqa: FBT001, FBT002 - as `devices.Send`
        """Publish. Raises `BackendError`."""
        ...


@dataclass(frozen=True, slots=True)
class Manner:
    """What may be told, and what there is to tell."""

    share_words: bool = False
    timers: bool = False


class Surface:
    """A session as a device of Home Assistant. `tell` runs while there is a connection."""

    def __init__(
        self,
        session: Session,
        controls: Sequence[Control],
        names: Names,
        manner: Manner,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._session, self._names, self._manner, self._now = session, names, manner, now
        self._controls = {control.name: control for control in controls}
        self._description = json.dumps(
            payload(names, controls, words=manner.share_words, timers=manner.timers)
        )
        self._told: dict[str, str] = {}
        self._events: deque[Mapping[str, object]] = deque(maxlen=EVENTS_KEPT)
        self._timers: dict[str, datetime] = {}
        self._words = {"heard": UNKNOWN, "said": UNKNOWN}
        self._activity: Activity | None = None
        self._news = asyncio.Event()
        self._busy = 0
        self._tasks: asyncio.TaskGroup | None = None

    @property
    def commands(self) -> list[str]:
        """Topics to be subscribed to."""
        everybody = self._names.everybody
        return [f"{self._names.own}/set/+", everybody, f"{everybody}/+", self._names.birth]

    def watch(self, seen: Seen) -> None:
        """Take what is to be seen of the session; never blocks."""
        match seen:
            case Status(activity=activity):
                if self._activity is Activity.WAITING and activity in {
                    Activity.LISTENING,
                    Activity.HEARING,
                }:
                    self._happened("woken")
                self._activity = activity
            case TurnReport():
                self._turn_over(seen)
            case Countdown(name=name, seconds=None, rings=rings):
                self._timers.pop(name, None)
                if rings:
                    self._happened("rang", **({"name": name} if self._manner.share_words else {}))
            case Countdown(name=name, seconds=float() | int() as left):
                self._timers[name] = self._now() + timedelta(seconds=left)
            case _:
                pass
        self._news.set()

    async def run(self, bus: Bus) -> None:
        """Tell what changes, and obey, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            try:
                while True:
                    with suppress(TimeoutError):
                        async with asyncio.timeout(LOOK_S):
                            await self._news.wait()
                    self._news.clear()
                    await self._tell(bus)
            finally:
                self._tasks = None

    async def introduce(self, bus: Bus) -> None:
        """Describe ourselves and all states: after connecting, and when Home Assistant starts."""
        self._told.clear()
        await bus.publish(self._names.discovery, self._description, retain=True)
        await bus.publish(self._names.availability, ONLINE, retain=True)
        self._news.set()

    def received(self, topic: str, message: bytes, *, retained: bool, bus: Bus) -> bool:
        """Take a message; returns whether it was for us. Never blocks."""
        if topic == self._names.birth:
            if message == ONLINE.encode() and not retained:
                self._start(self._introduced_again(bus))
            return True
        if topic == self._names.announcement:
            return True  # our own words, for the others
        name = topic.removeprefix(f"{self._names.own}/set/")
        if topic == self._names.everybody or topic.startswith(f"{self._names.everybody}/"):
            name = "say"
        elif name == topic:
            return False
        if retained:
            _log.warning("a retained command (%s) is not obeyed: it may be of yesterday", name)
        elif len(message) > LONGEST_COMMAND:
            _log.warning("a command (%s) of %d bytes is not obeyed", name, len(message))
        else:
            self._start(self._obeyed(name, message, bus))
        return True

    # ── out ───────────────────────────────────────────────────────────────────────────────────

    def states(self) -> dict[str, str]:
        """Return the state of every entity, as it is published."""
        state = self._session.state
        latency = state.last_latency
        healthy = not (state.trouble or state.faults)
        told = self._turned()  # first, since who turned it waits
        told |= {
            "state": state.activity.split()[0],
            "last_latency": UNKNOWN if latency is None else f"{latency:.3f}",
            "problem": OFF if healthy else ON,
        }
        if self._manner.timers:
            told["timer"] = self._timer()
        if self._manner.share_words:
            told |= self._words
        return told

    def _turned(self) -> dict[str, str]:
        told: dict[str, str] = {}
        for name, control in self._controls.items():
            match control:
                case Switch(read=read):
                    told[name] = ON if read() else OFF
                case Dial(read=read):
                    told[name] = f"{read():g}"
                case Choice(read=read):
                    told[name] = read()
                case Button():
                    pass
        return told

    async def _tell(self, bus: Bus) -> None:
        """Publish what has changed; what cannot go now is told at the next connection."""
        try:
            for name, state in self.states().items():
                if self._told.get(name) != state:
                    self._told[name] = state  # before it goes: it may have to be told anew
                    await bus.publish(self._names.state(name), state, retain=True)
            while self._events:
                event = self._events[0]
                await bus.publish(self._names.event, json.dumps(event))
                if self._events[0] is event:  # else so many came meanwhile that it fell out
                    self._events.popleft()
        except BackendError as lost:
            self._told.clear()
            _log.debug("not told: %s", lost)

    def _timer(self) -> str:
        """Return when the next timer rings."""
        now = self._now()
        self._timers = {name: end for name, end in self._timers.items() if end > now}
        if not self._timers:
            return UNKNOWN
        return min(self._timers.values()).isoformat(timespec="seconds")

    def _turn_over(self, report: TurnReport) -> None:
        if report.outcome == "nothing":
            return
        words: dict[str, str] = {}
        if self._manner.share_words:
            words = {"heard": report.heard, "said": report.said}
            for name, text in words.items():
                if text:
                    self._words[name] = _short(text)
        latency = report.latency
        more = {} if latency is None else {"latency": round(latency, 3)}
        unasked = report.outcome == "answered" and not report.heard
        self._happened("announced" if unasked else report.outcome, **words, **more)

    def _happened(self, event: str, **more: object) -> None:
        if event in EVENTS:
            self._events.append({"event_type": event, **more})
            self._news.set()

    # ── in ────────────────────────────────────────────────────────────────────────────────────

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        if self._tasks is None or self._busy >= AT_ONCE:
            work.close()
            _log.warning("too much is asked over MQTT at once; some of it is dropped")
            return
        self._busy += 1
        self._tasks.create_task(self._counted(work), name="obey the home")

    async def _counted(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            async with asyncio.timeout(COMMAND_S):
                await work
        except TimeoutError:
            _log.warning("what was asked over MQTT took more than %g s", COMMAND_S)
        except AssistantError as wrong:
            _log.warning("what was asked over MQTT cannot be done: %s", wrong)
        finally:
            self._busy -= 1
            self._news.set()

    async def _introduced_again(self, bus: Bus) -> None:
        await self.introduce(bus)

    async def _obeyed(self, name: str, message: bytes, bus: Bus) -> None:
        text = _text(message)
        match name:
            case "say":
                await self._session.say(text)
                return
            case "ask":
                report = await self._session.ask(text)
                if self._manner.share_words:
                    answer = {"heard": report.heard, "said": report.said}
                    await bus.publish(self._names.answer, json.dumps(answer))
                return
            case _:
                pass
        match self._controls.get(name):
            case Switch(turn=turn):
                await turn(_truth(name, text))
            case Dial(turn=set_to, low=low, high=high):
                await set_to(_number(name, text, low, high))
            case Choice(turn=choose, options=options):
                await choose(_option(name, text, options))
            case Button(press=press):
                await press()
            case None:
                raise AssistantError(f"nothing is called {name[:40]!r}")
        self._told.pop(name, None)  # Home Assistant waits for the state, changed or not


def _text(message: bytes) -> str:
    try:
        return message.decode()
    except UnicodeDecodeError:
        raise AssistantError("the message is no text") from None


def _truth(name: str, text: str) -> bool:
    on = _TRUTH.get(text.strip().lower())
    if on is None:
        raise AssistantError(f"{name}: should be {ON} or {OFF}")
    return on


def _number(name: str, text: str, low: float, high: float) -> float:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not low <= number <= high:
        raise AssistantError(f"{name}: should be a number from {low:g} to {high:g}")
    return number


def _option(name: str, text: str, options: Sequence[str]) -> str:
    if text not in options:
        raise AssistantError(f"{name}: should be one of {', '.join(options)}")
    return text


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_STATE else f"{text[: LONGEST_STATE - 1]}…"
