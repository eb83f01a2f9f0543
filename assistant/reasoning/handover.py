"""A conversation, made ready for another mind than the one it was kept for."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from assistant.completions import without_tools
from assistant.ports import Message, MindInfo
from assistant.selfsaid import unseen

Opening = Callable[[MindInfo], Sequence[Message]]
"""Who the assistant is, in messages for a mind (`persona.opening`)."""

_ANSWER_SHARE = 4
"""A quarter of the window is kept free for the answer."""
_MESSAGE_TOKENS = 8
_PICTURE_TOKENS = 1600


def tokens_of(messages: Iterable[Message], count: Callable[[str], int]) -> int:
    """Return how many tokens messages take, about."""
    return sum(count(m.text) + _MESSAGE_TOKENS + _PICTURE_TOKENS * len(m.images) for m in messages)


def ready(
    messages: Sequence[Message],
    info: MindInfo,
    others: Iterable[MindInfo],
    opening: Opening,
    count: Callable[[str], int],
    language: str,
) -> list[Message]:
    """Return the messages as this mind needs them.

    It is told who it is, gets no picture that it cannot see and no call of a tool that it does
    not know of, and no more than it can read.
    """
    begin, rest = _opened(messages, info, others, opening)
    if not info.calls_tools:
        rest = without_tools(rest)
    told = [m if info.sees or not m.images else _blind(m, language) for m in rest]
    room = info.context - info.context // _ANSWER_SHARE - tokens_of(begin, count)
    return [*begin, *_newest(told, room, count)]


def _opened(
    messages: Sequence[Message], info: MindInfo, others: Iterable[MindInfo], opening: Opening
) -> tuple[list[Message], list[Message]]:
    """Return the opening for this mind, and what comes after the one that stands there."""
    mine = list(opening(info))
    for other in (info, *others):
        old = list(opening(other))
        begin, rest = list(messages[: len(old)]), list(messages[len(old) :])
        if not old or len(begin) < len(old) or begin[1:] != old[1:]:
            continue
        more = begin[0].text.removeprefix(old[0].text)
        if begin[0].role == old[0].role and len(more) < len(begin[0].text):
            return [replace(mine[0], text=mine[0].text + more), *mine[1:]], rest
    system = [m for m in messages if m.role == "system"]
    return system, [m for m in messages if m.role != "system"]


def _blind(message: Message, language: str) -> Message:
    return replace(message, text=f"{unseen(language)} {message.text}".strip(), images=())


def _newest(messages: list[Message], room: int, count: Callable[[str], int]) -> list[Message]:
    """Drop the oldest, down to a message of the user, until the rest fits."""
    kept = messages[:]
    starts = [n for n, message in enumerate(kept) if message.role == "user"]
    for start in starts:
        if tokens_of(kept[start:], count) <= room:
            return kept[start:] if start else kept
    return kept[starts[-1] :] if starts else kept
