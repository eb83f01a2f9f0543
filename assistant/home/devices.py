"""The household: devices by name and area, their state, and from an intent to an answer."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from assistant.errors import BackendError, ConfigError, leaves
from assistant.home.commands import Slots, Wanted, kinds_for, spoken, wanted
from assistant.home.learned import NotUnderstood, Thing, described
from assistant.home.phrases import listed, phrases

_log = logging.getLogger(__name__)

MOST = 10_000
"""Devices; what comes beyond is not learned, so that junk on the bus costs bounded memory."""
LONGEST_REPORT = 64 * 1024
"""Bytes of what a device tells of itself."""
CHOOSING_S = 15.0
"""How long "which one?" waits for an answer, in seconds."""
T = TypeVar("T")
AT_ONCE = 200
"""Devices that one sentence commands."""

Send = Callable[[str, str, bool], Awaitable[None]]
"""Publishes (topic, payload, retained). Raises `BackendError` when it cannot."""


@dataclass(frozen=True, slots=True)
class _Question:
    """Which one was asked for, and what is to be done with it."""

    intent: str
    slots: Slots
    things: tuple[Thing, ...]
    until: float


class Devices:
    """A `Household` whose devices are learned, or written in the configuration."""

    def __init__(self, language: str = "en", areas: Mapping[str, str] | None = None) -> None:
        """`areas`: in which one a device is, by its name, where nobody else says so."""
        self._said = phrases(language)
        self._areas = {name.casefold(): area for name, area in (areas or {}).items()}
        self._by_source: dict[str, list[Thing]] = {}
        self._by_name: dict[str, list[Thing]] = {}
        self._by_topic: dict[str, list[Thing]] = {}
        self._lists: Mapping[str, Sequence[str]] | None = None
        self._kinds: Mapping[str, Sequence[str]] = {}
        self._question: _Question | None = None
        self._full = False
        self._send: Send | None = None
        self._others = ""
        self.count = 0

    # ── what there is ─────────────────────────────────────────────────────────────────────────

    def connect(self, send: Send | None, others: str = "") -> None:
        """Command devices through this from here on; `None`: there is no way to them now.

        `others`: the topic of what other assistants are to announce.
        """
        self._send, self._others = send, others

    def put(self, source: str, things: Iterable[Thing]) -> tuple[list[str], list[str]]:
        """Take what one source describes, in place of what it described before.

        Returns the topics that are to be listened to from now on, and those that are not.
        """
        things = [self._placed(thing) for thing in things]
        if things == self._by_source.get(source, []):
            return [], []
        self._take_over(source, things)
        before = self._drop(source)
        room = MOST - self.count
        if len(things) > room:
            things = things[:room]
            if not self._full:
                _log.warning("there are more than %d devices; the rest is not learned", MOST)
            self._full = True
        for thing in things:
            self._by_name.setdefault(thing.name.casefold(), []).append(thing)
            for topic in thing.topics:
                self._by_topic.setdefault(topic, []).append(thing)
        if things:
            self._by_source[source] = things
            self.count += len(things)
        self._lists = None
        added = {topic for thing in things for topic in thing.topics}
        return sorted(added - before), sorted(t for t in before if t not in self._by_topic)

    @property
    def topics(self) -> list[str]:
        """Where devices tell their state."""
        return list(self._by_topic)

    @property
    def things(self) -> list[Thing]:
        """All devices, in the order in which they were learned."""
        return [thing for things in self._by_source.values() for thing in things]

    def report(self, topic: str, payload: bytes) -> None:
        """Take what a device tells of itself; what makes no sense changes nothing."""
        things = self._by_topic.get(topic)
        if not things or len(payload) > LONGEST_REPORT:
            return
        try:
            text = payload.decode()
        except UnicodeDecodeError:
            return
        for thing in things:
            for report in thing.wires.reports:
                found = report.read(text) if report.topic == topic else None
                if found is not None:
                    setattr(thing, report.what, found)

    def lists(self) -> Mapping[str, Sequence[str]]:
        """Return the names and areas that there are; of floors nobody tells us."""
        if self._lists is None:
            names: dict[str, dict[str, None]] = {}
            areas: dict[str, str] = {}
            for thing in self.things:
                names.setdefault(thing.name, {})[thing.kind] = None
                if thing.area:
                    areas.setdefault(thing.area.casefold(), thing.area)
            self._kinds = {name: list(kinds) for name, kinds in names.items()}
            self._lists = {"name": list(names), "area": list(areas.values()), "floor": []}
        return self._lists

    def kinds(self) -> Mapping[str, Sequence[str]]:
        """Return the kinds that each name has."""
        self.lists()
        return self._kinds

    def _placed(self, thing: Thing) -> Thing:
        area = self._areas.get(thing.name.casefold())
        return thing if area is None else replace(thing, area=area)

    def _take_over(self, source: str, things: Sequence[Thing]) -> None:
        """Keep what is known of a device that is described anew: it may not tell it again."""
        before = {(thing.name, thing.kind): thing for thing in self._by_source.get(source, ())}
        for thing in things:
            if (was := before.get((thing.name, thing.kind))) is not None:
                thing.on, thing.level = was.on, was.level
                thing.target, thing.current = was.target, was.current

    def _drop(self, source: str) -> set[str]:
        things = self._by_source.pop(source, [])
        self.count -= len(things)
        topics: set[str] = set()
        for thing in things:
            name = thing.name.casefold()
            _keep(self._by_name, name, [t for t in self._by_name[name] if t is not thing])
            for topic in thing.topics:
                topics.add(topic)
                left = [t for t in self._by_topic.get(topic, ()) if t is not thing]
                _keep(self._by_topic, topic, left)
        if self.count < MOST:
            self._full = False
        return topics

    # ── what is asked of it ───────────────────────────────────────────────────────────────────

    async def carry_out(self, intent: str, slots: Slots) -> str | None:
        """Do what a sentence asks for; returns the answer to speak."""
        self._question = None
        if intent in {"HassGetState", "HassClimateGetTemperature"}:
            return self._told(intent, slots)
        wants = wanted(intent, slots)
        if wants is None:
            return None
        found = self.find(intent, slots)
        if not found:
            return self._said["nothing"]
        if len(found) > 1 and slots.get("name"):
            return self._which(intent, slots, found)
        return await self._do(wants, found, slots)

    @property
    def asks(self) -> bool:
        """It has just asked which one is meant."""
        asked = self._question
        return asked is not None and asyncio.get_running_loop().time() <= asked.until

    async def choose(self, words: str) -> str | None:
        """Take words for the answer to "which one?"."""
        asked, self._question = self._question, None
        if asked is None or asyncio.get_running_loop().time() > asked.until:
            return None
        heard = words.casefold()
        every = set(self._said["all"].split()) & set(heard.split())
        found = list(asked.things)
        if not every:
            found = [thing for thing in asked.things if self._means(heard, thing)]
        if not found:
            return None
        if len(found) > 1 and not every:
            return self._which(asked.intent, asked.slots, found)
        wants = wanted(asked.intent, asked.slots)
        return self._state(found[0], "") if wants is None else await self._do(wants, found, {})

    async def announce(self, text: str) -> str:
        """Have the others of the home say something; returns the answer to speak."""
        if self._send is None or not self._others:
            return self._said["unreachable"]
        try:
            await self._send(self._others, _begun(text.strip()), False)  # noqa: FBT003 - as `Send`
        except BackendError as lost:
            _log.warning("an announcement cannot be sent: %s", lost)
            return self._said["unreachable"]
        return self._said["announced"]

    def find(self, intent: str, slots: Slots) -> list[Thing]:
        """Return the devices that are meant."""
        kinds, name = kinds_for(intent, slots), slots.get("name", "")
        area, sort = slots.get("area", "").casefold(), slots.get("device_class", "")
        among = self._named(name) if name else self.things
        found = [
            thing
            for thing in among
            if thing.kind in kinds and (not area or thing.area.casefold() == area)
        ]
        if sort and not name:
            found = [thing for thing in found if thing.device_class == sort] or found
        if not name and not area and not slots.get("domain") and intent != "HassGetState":
            return found if len(found) == 1 or intent.startswith("HassClimate") else []
        return found

    def _named(self, name: str) -> list[Thing]:
        """Return what has this name; else, what alone has all of its words in its name."""
        exact = self._by_name.get(name.casefold())
        if exact:
            return exact
        words = name.casefold().split()
        near = [t for t in self.things if all(word in t.name.casefold().split() for word in words)]
        return near if len(near) == 1 else []

    async def _do(self, wants: list[Wanted], found: list[Thing], slots: Slots) -> str:
        able = [(thing, m) for thing in found for want in wants for m in want.messages(thing)]
        if not able:
            return _begun(self._said["cannot"], name=self._called(found, slots))
        if self._send is None:
            return self._said["unreachable"]
        lost: BaseException | None = None
        try:
            async with asyncio.TaskGroup() as tasks:
                for _, (topic, payload, retain) in able[:AT_ONCE]:
                    tasks.create_task(_sent(self._send, topic, payload, retain=retain))
        except* BackendError as wrong:
            lost = leaves(wrong)[0]
        if lost is not None:
            _log.warning("a device cannot be commanded: %s", lost)
            return self._said["unreachable"]
        doers = list({id(thing): thing for thing, _ in able}.values())
        name, want = self._called(doers, slots), wants[0]
        number = "" if want.number is None else f"{want.number:g}"
        return self._said[spoken(want, doers[0].kind)].format(name=name, number=number)

    def _told(self, intent: str, slots: Slots) -> str | None:
        if intent == "HassGetState" and not slots.get("name"):
            return None  # "are any windows open": sensors, which are not learned
        found = self.find(intent, slots)
        if not found:
            return self._said["nothing"]
        if len(found) > 1:
            return self._which(intent, slots, found)
        return self._state(found[0], intent)

    def _state(self, thing: Thing, intent: str) -> str:
        if thing.kind == "climate" and thing.current is not None:
            return _begun(self._said["is_warm"], name=thing.name, number=f"{thing.current:g}")
        on = thing.on
        if on is None and thing.level is not None:
            on = thing.level > 0
        if on is None or intent == "HassClimateGetTemperature":
            return self._said["unknown"].format(name=thing.name)
        words = ("is_open", "is_closed") if thing.kind == "cover" else ("is_on", "is_off")
        return _begun(self._said[words[not on]], name=thing.name)

    def _which(self, intent: str, slots: Slots, found: Sequence[Thing]) -> str:
        """Ask which of several is meant."""
        said, name = self._said, slots.get("name", "")
        places = list(dict.fromkeys(thing.area for thing in found))
        sorts = list(dict.fromkeys(thing.kind for thing in found))
        names = list(dict.fromkeys(thing.name for thing in found))
        if len(names) == len(found):
            options = names
        elif len(places) == len(found) and all(places):
            options = places
        elif len(sorts) == len(found):
            options = [said[kind] for kind in sorts]
        else:
            return said["alike"].format(count=len(found), name=name)
        until = asyncio.get_running_loop().time() + CHOOSING_S
        self._question = _Question(intent, slots, tuple(found), until)
        phrase = said["which" if options is not names else "which_of"]
        return phrase.format(count=len(found), name=name, options=listed(options[:5], said))

    def _means(self, heard: str, thing: Thing) -> bool:
        kind = self._said[thing.kind].split()[-1].casefold()
        area = bool(thing.area) and thing.area.casefold() in heard
        return area or thing.name.casefold() == heard.strip(" .!?") or kind in heard

    def _called(self, things: Sequence[Thing], slots: Slots) -> str:
        if len(things) == 1:
            return things[0].name
        area = slots.get("area")
        phrase = self._said["many_in" if area else "many"]
        return phrase.format(count=len(things), area=area)


async def _sent(send: Send, topic: str, payload: str, *, retain: bool) -> None:
    await send(topic, payload, retain)


def _begun(phrase: str, **more: str) -> str:
    """Return a sentence that begins with a capital, whatever a device is called."""
    said = phrase.format(**more) if more else phrase
    return said[:1].upper() + said[1:]


def _keep(table: dict[str, list[T]], key: str, left: list[T]) -> None:
    if left:
        table[key] = left
    else:
        table.pop(key, None)


def written(entries: Sequence[Mapping[str, object]]) -> list[Thing]:
    """Return the devices of the configuration. Raises `ConfigError` that names the entry."""
    things = []
    for number, entry in enumerate(entries):
        try:
            things.append(described(entry))
        except NotUnderstood as wrong:
            raise ConfigError(f"home.devices[{number}]", str(wrong)) from None
    return things
