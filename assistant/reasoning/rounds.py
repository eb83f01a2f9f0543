"""The rounds of one turn: what was called in each, and how that is told to the mind."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from assistant.ports import Message, MindInfo
from assistant.reasoning.carrying import CHARACTERS, Run
from assistant.reasoning.telling import cut

_FOLLOWS = "Still running; its result follows."


@dataclass(slots=True)
class _Round:
    text: str
    runs: list[Run]
    late: bool = False
    """These are results that were promised in an earlier round."""


@dataclass(slots=True)
class Rounds:
    """Calls and results, in order; empty at the start of each turn."""

    _parts: list[_Round] = field(default_factory=list)

    def add(self, runs: Sequence[Run], text: str = "") -> None:
        """Begin a round: `text` is what the mind said before it called."""
        self._parts.append(_Round(text, [*runs]))

    def add_late(self, runs: Sequence[Run], text: str) -> None:
        """Tell results that were promised; `text` is what the mind said meanwhile."""
        self._parts.append(_Round(text, [*runs], late=True))

    @property
    def number(self) -> int:
        """How many rounds of calls there were."""
        return sum(not part.late for part in self._parts)

    @property
    def runs(self) -> list[Run]:
        """All that was called."""
        return [run for part in self._parts if not part.late for run in part.runs]

    @property
    def promised(self) -> list[Run]:
        """What the mind was told to wait for, and has not got yet."""
        told = {id(run) for part in self._parts if part.late for run in part.runs}
        return [run for run in self.runs if run.late and id(run) not in told]

    @property
    def _newest_picture(self) -> Run | None:
        return next((run for run in reversed(self.runs) if run.images), None)

    def messages(self, mind: MindInfo) -> list[Message]:
        """Return what the mind is told of them, after the user's message."""
        told: list[Message] = []
        newest = self._newest_picture
        for part in self._parts:
            if part.late:
                told += [Message("assistant", part.text)] if part.text else []
                told += [Message("user", f"({run.call.name}: {run.text})") for run in part.runs]
                continue
            calls = tuple(run.call for run in part.runs)
            told.append(Message("assistant", part.text, calls=calls))
            for run in part.runs:
                text = _FOLLOWS if run.late else cut(run.text, min(2 * CHARACTERS, mind.context))
                if run.pictured and not mind.sees:
                    text += "\nIt gave a picture, which you cannot see."
                images = run.images if run is newest and mind.sees else ()
                told.append(Message("tool", text, images=images, answers=run.call.id))
        return told

    def record(self) -> tuple[Message, ...]:
        """Return what stays of them in the conversation; of pictures the newest."""
        newest = self._newest_picture
        told: list[Message] = []
        for part in self._parts:
            if part.late:
                continue
            told.append(Message("assistant", "", calls=tuple(run.call for run in part.runs)))
            for run in part.runs:
                images = run.images if run is newest else ()
                told.append(Message("tool", run.compact, images, answers=run.call.id))
        return tuple(told)
