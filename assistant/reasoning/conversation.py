"""What was said and what was *heard* of it, within the model's window."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from assistant.errors import ConfigError
from assistant.ports import Before, Image, Message

IDLE_SECONDS = 300.0
"""After so long without a word, the next one begins a new conversation."""
INTERRUPTED = "—"
"""Ends an answer that was cut off; the persona tells the model what it means."""

_MESSAGE_TOKENS = 8
"""What a chat template adds to a message, about: role and marks."""
_IMAGE_TOKENS = 1200
"""What a picture takes, about: of 1024 pixels most models make 600 to 1400."""
_ANSWER_SHARE = 4
"""A quarter of the window is kept free for the answer."""
_TEXT_SHARE = 8
"""An eighth of the rest is kept free for the next question."""
_OLD_SHARE = 0.6
"""From so much of the room on, the older half is worth summing up."""
_EARLIER = "(Notes of what was said before, no instructions: {})"
_NOTED = "Noted."
_GAP = " … "
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class _Turn:
    user: str
    heard: str
    tokens: int
    tools: tuple[Message, ...] = ()
    """Calls and their results, between the question and the answer."""
    foreign: bool = False
    """Those hold what others wrote."""
    images: tuple[Image, ...] = ()
    """What came with the question."""


@dataclass(frozen=True, slots=True, eq=False)
class Older:
    """The part of a conversation that is to be summed up: what a mind reads of it."""

    messages: tuple[Message, ...]
    turns: tuple[_Turn, ...]


class Conversation:
    """The messages that a model gets; grows by what the device has played.

    `opening` is who the assistant is, in messages that always come first; `window` is the model's
    context in tokens, `count` tells how many a text takes, `clock` gives seconds. When the window
    is full, the older half goes at once, so that the prompt's beginning stays the same, and
    cached, for many turns: as a summary, if one was made in time (`older`, `sum_up`).
    """

    def __init__(
        self,
        opening: Sequence[Message],
        window: int,
        count: Callable[[str], int],
        *,
        clock: Callable[[], float],
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self.stale_prefix = True
        """The beginning of the next prompt is not in the model's cache: warm `prefix()`."""
        self.unread = False
        """What was said since then is not either: a model in this process may read it ahead."""
        self._count = count
        self._clock = clock
        self._window = window
        self._turns: list[_Turn] = []
        self._summary = ""
        self._left: _Turn | None = None
        self._touched = clock()
        self.reopen(opening, idle_seconds)

    @property
    def turns(self) -> int:
        """How many turns the next prompt would tell of."""
        return 0 if self._over() else len(self._turns)

    @property
    def tokens(self) -> int:
        """How many tokens these turns take, about, without the opening."""
        return 0 if self._over() else sum(turn.tokens for turn in self._turns)

    @property
    def foreign(self) -> bool:
        """The next prompt holds what others wrote: results of tools, pictures."""
        return not self._over() and any(turn.foreign for turn in self._turns)

    def reopen(self, opening: Sequence[Message], idle_seconds: float) -> None:
        """Begin with other messages from here on; what was said stays."""
        taken = sum(self._tokens(message.text) for message in opening)
        room = self._window - self._window // _ANSWER_SHARE - taken
        if room < self._window // _ANSWER_SHARE:
            raise ConfigError(
                "", f"a window of {self._window} tokens is too small: take {4 * taken}"
            )
        self._opening, self._room = tuple(opening), room
        self._idle_seconds = idle_seconds
        self.stale_prefix = True

    def prompt(
        self,
        text: str,
        *,
        continues: bool = False,
        images: tuple[Image, ...] = (),
        note: str = "",
        refers: bool = False,
    ) -> list[Message]:
        """Return the messages for a new turn; a draft of it leaves no trace.

        `continues`: `text` begins with the words of the newest turn, which it takes the place of.
        `images` come with it, and a `note` on them; without any, `refers` shows those of the turn
        before that had some again. No other picture is sent.
        """
        self._touch()
        kept = self._kept(text, continues=continues)
        text = self._fitted(f"({note}) {text}" if note else text, self._room)
        room = self._room - self._tokens(text) - len(images) * _IMAGE_TOKENS
        used = sum(turn.tokens for turn in kept) + self._summary_tokens
        while kept and used > room:
            used -= kept.pop(0).tokens
        return [*self._begin(), *_messages(kept, text, images, refers=refers)]

    @property
    def pictured(self) -> bool:
        """A picture was shown, and a question may refer to it."""
        return not self._over() and any(turn.images for turn in self._turns)

    @property
    def before(self) -> Before:
        """What a question may go on about."""
        return "picture" if self.pictured else "words" if self.turns else "nothing"

    @property
    def images(self) -> tuple[Image, ...]:
        """The newest pictures that there were."""
        newest = () if self._over() else reversed(self._turns)
        return next((turn.images for turn in newest if turn.images), ())

    def add_turn(  # noqa: PLR0913 - all that may be remembered of one
        self,
        text: str,
        heard: str,
        *,
        interrupted: bool = False,
        continues: bool = False,
        tools: Sequence[Message] = (),
        foreign: bool = False,
        images: tuple[Image, ...] = (),
    ) -> None:
        """Remember a turn whose reply is over.

        `heard`: the words that were played, cut at the word if the reply was interrupted. If that
        is nothing, the question stands, and is joined with the next one. `tools`: what was called
        for it, and what came of that; `foreign`: others wrote some of it. `images` came with it;
        those of earlier turns are forgotten then.
        """
        self._touch()
        self._turns = self._kept(text, continues=continues)
        text, heard = text.strip(), heard.strip()
        if heard and interrupted:
            heard = heard.rstrip(" .,;:—") + INTERRUPTED
        text, heard = self._fitted(text, self._room // 4), self._fitted(heard, self._room // 4)
        tokens = self._tokens(text) + (self._tokens(heard) if heard else 0)
        used = sum(
            self._tokens(_all_of(message)) + _IMAGE_TOKENS * len(message.images)
            for message in tools
        )
        if used > self._room // 2:
            tools, used = (), 0
        foreign = (foreign and bool(tools)) or bool(images)
        if images or any(message.images for message in tools):  # only the newest stay
            self._turns = [
                replace(turn, tools=_blind(turn.tools), images=()) for turn in self._turns
            ]
        self._turns.append(_Turn(text, heard, tokens + used, tuple(tools), foreign, images))
        self.unread = True
        self._drop()

    def amend(self, call: str, text: str) -> None:
        """Tell of a call's end that came after its turn was over; `call` is its id."""
        for place, turn in reversed([*enumerate(self._turns)]):
            if any(message.answers == call for message in turn.tools):
                tools = tuple(
                    replace(message, text=text) if message.answers == call else message
                    for message in turn.tools
                )
                change = sum(
                    self._tokens(new.text) - self._tokens(old.text)
                    for new, old in zip(tools, turn.tools, strict=True)
                )
                self._turns[place] = replace(turn, tools=tools, tokens=turn.tokens + change)
                self.stale_prefix = True
                return

    def prefix(self) -> list[Message]:
        """Return what the next prompt begins with; it counts as warmed from here on."""
        self._end_if_over()
        self.stale_prefix = self.unread = False
        return [*self._begin(), *_messages(self._turns, "")]

    def older(self) -> Older | None:
        """Return the older half once it is worth summing up; `None`: not now."""
        used = sum(turn.tokens for turn in self._turns) + self._summary_tokens
        too_few = len(self._turns) < 2  # noqa: PLR2004 - one would be left
        if self._over() or too_few or used < _OLD_SHARE * self._room:
            return None
        if self._left is self._turns[-1]:  # it was tried, and nothing was said since
            return None
        kept, count = used - self._summary_tokens, 0
        while count < len(self._turns) - 1 and kept > self._room // 4:
            kept -= self._turns[count].tokens
            count += 1
        turns = tuple(self._turns[:count])
        said = [_Turn(turn.user, turn.heard, 0) for turn in turns]  # nothing else of it
        return Older((*self._begin(), *_messages(said, "")), turns) if turns else None

    def sum_up(self, older: Older, summary: str) -> bool:
        """Let a summary stand for the older part, if that is still there; "": there is none.

        Returns whether it was taken.
        """
        summary = " ".join(summary.split())
        if not summary or tuple(self._turns[: len(older.turns)]) != older.turns:
            self._left = self._turns[-1] if self._turns else None
            return False
        del self._turns[: len(older.turns)]
        self._summary = self._fitted(summary, self._room // _TEXT_SHARE)
        self.stale_prefix = True
        return True

    def clear(self) -> None:
        """Begin a new conversation."""
        self.stale_prefix = self.stale_prefix or bool(self._turns or self._summary)
        self._turns, self._summary = [], ""

    def _touch(self) -> None:
        self._end_if_over()
        self._touched = self._clock()

    def _over(self) -> bool:
        return self._clock() - self._touched > self._idle_seconds

    def _end_if_over(self) -> None:
        if self._over():
            self.clear()

    def _kept(self, text: str, *, continues: bool) -> list[_Turn]:
        """Return the turns without the newest, if `text` really begins with its words."""
        if continues and self._turns:
            old = _WORD.findall(self._turns[-1].user.lower())
            if _WORD.findall(text.lower())[: len(old)] == old:
                return self._turns[:-1]
        return self._turns[:]

    def _drop(self) -> None:
        """Drop the older turns, down to half of the room, when there is too little left."""
        used = sum(turn.tokens for turn in self._turns) + self._summary_tokens
        if used <= self._room - self._room // _TEXT_SHARE:
            return
        while len(self._turns) > 1 and used > self._room // 2:
            used -= self._turns.pop(0).tokens
        self.stale_prefix = True

    @property
    def _summary_tokens(self) -> int:
        return sum(self._tokens(m.text) for m in self._begin()[len(self._opening) :])

    def _begin(self) -> tuple[Message, ...]:
        """Return the opening and what was said long ago, which is no instruction."""
        if not self._summary:
            return self._opening
        notes = Message("user", _EARLIER.format(self._summary))
        return (*self._opening, notes, Message("assistant", _NOTED))

    def _tokens(self, text: str) -> int:
        return self._count(text) + _MESSAGE_TOKENS

    def _fitted(self, text: str, tokens: int) -> str:
        """Return a text that takes no more than `tokens`: its middle is left out."""
        while text and (much := self._tokens(text)) > tokens:
            half = len(text) * max(tokens - _MESSAGE_TOKENS, 0) // (2 * much)
            text = text[:half].rstrip() + _GAP + text[-half:].lstrip() if half else ""
        return text


def _messages(
    turns: list[_Turn], text: str, images: tuple[Image, ...] = (), *, refers: bool = False
) -> list[Message]:
    """Return them with the user's messages in a row joined, as strict templates demand."""
    messages: list[Message] = []
    asked: list[str] = []
    shown: tuple[Image, ...] = ()
    for turn in turns:
        asked.append(turn.user)
        if refers and not images:
            shown = turn.images or shown
        if turn.tools or turn.heard:
            messages += [Message("user", "\n".join(asked), shown), *turn.tools]
            asked, shown = [], ()
        if turn.heard:
            messages.append(Message("assistant", turn.heard))
    if text:
        asked.append(text)
    if asked:
        messages.append(Message("user", "\n".join(asked), images or shown))
    return messages


def _blind(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    return tuple(replace(message, images=()) for message in messages)


def _all_of(message: Message) -> str:
    return message.text + "".join(f"{call.name}{call.arguments}" for call in message.calls)
