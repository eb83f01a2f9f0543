"""One call of a tool that is carried out: its task, its deadline, what came of it.

A tool's task is no part of a group: whatever it raises is taken from it here and told to the
mind, so that nobody's tool can end a conversation.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal

from assistant.errors import AssistantError, ToolError
from assistant.ports import Image, Started, Surroundings, Tool, ToolCall, ToolResult
from assistant.reasoning.signature import WrongArguments
from assistant.reasoning.telling import as_content, cut
from assistant.reasoning.toolbox import is_foreign

_log = logging.getLogger(__name__)

CHARACTERS = 6000
"""Of a result, for the mind."""
COMPACT = 600
"""The same in the conversation, once the turn is over."""
IMAGE_BYTES = 8_000_000
LONGEST_S = 15.0
"""An answer waits no longer for one round of calls: what takes longer should be a job."""

State = Literal["asks", "running", "done", "failed", "undone"]


@dataclass(slots=True, eq=False)
class Run:
    """A call and what came of it. `tool` is `None` where there is no such tool."""

    call: ToolCall
    tool: Tool | None = None
    state: State = "failed"
    text: str = ""
    """What the mind is told."""
    failure: str = ""
    images: tuple[Image, ...] = ()
    pictured: bool = False
    """It gave pictures, though they may be gone."""
    undo: Callable[[], Awaitable[None]] | None = None
    mistaken: bool = False
    """The mind gave arguments that do not fit."""
    late: bool = False
    """The mind was told that its result follows."""
    due: float = 0.0
    """When it should have ended, on the loop's clock."""
    task: "asyncio.Task[ToolResult | Started] | None" = field(default=None, repr=False)

    @property
    def acts(self) -> bool:
        """It does something to the world."""
        return self.tool is not None and self.tool.terms.effect != "none"

    @property
    def foreign(self) -> bool:
        """What came of it was written by others."""
        told = self.state in {"done", "failed"} and self.tool is not None
        return told and self.tool is not None and (is_foreign(self.tool) or self.pictured)

    def start(self, around: Surroundings) -> None:
        """Begin."""
        if self.tool is None:
            return
        loop, tool, arguments = asyncio.get_running_loop(), self.tool, self.call.arguments

        async def work() -> ToolResult | Started:
            try:
                return await tool.run(arguments, around)
            except SystemExit:  # else it would end the assistant
                raise ToolError("it ended itself") from None

        self.state, self.due = "running", loop.time() + min(tool.terms.deadline, LONGEST_S)
        self.task = loop.create_task(work(), name=f"tool {tool.name}")

    def settled(self) -> bool:
        """Take what the task of a job returned; tell whether it succeeded."""
        self.state = "running"
        self.settle()
        return self.failure == ""

    def settle(self) -> None:
        """Take what a task that is over returned or raised."""
        if self.state != "running" or self.task is None:
            return
        if self.task.cancelled():
            self.fail("It was ended before it was done.")
        elif (error := self.task.exception()) is None:
            self._take(self.task.result())
        elif isinstance(error, ToolError):
            self.mistaken = isinstance(error, WrongArguments)
            self.fail(error.for_model)
        else:
            # its words may be the user's, so the log gets none of them
            _log.warning("the tool %s failed: %s%s", self.call.name, *_where(error))
            self.fail(str(error) if isinstance(error, AssistantError) else "It broke.")

    def fail(self, why: str) -> None:
        """It came to nothing."""
        self.state, self.failure = "failed", why
        self.text = self._marked(f"Failed: {cut(why, COMPACT)}")

    def end(self) -> None:
        """Stop it; one that does not let itself be stopped is left behind."""
        if self.task is not None:
            self.task.cancel()

    def _take(self, result: object) -> None:
        self.state = "done"
        if isinstance(result, Started):
            self.text = result.text or "It goes on in the background; the user is told its end."
        elif isinstance(result, ToolResult):
            if len(result.text) > CHARACTERS:
                told = self.call.name, len(result.text), CHARACTERS
                _log.info("the tool %s returned %d characters, of which %d are told", *told)
            self.text = self._marked(cut(result.text, CHARACTERS).strip() or "Done.")
            self.undo = result.undo
            size = sum(len(image.data) for image in result.images)
            if size <= IMAGE_BYTES:
                self.images, self.pictured = result.images, bool(result.images)
            else:
                self.text += "\nIts pictures are too large and were left out."
        else:
            self.fail("It returned nothing that can be told.")

    def _marked(self, text: str) -> str:
        if self.tool is None or not is_foreign(self.tool):
            return text
        return as_content(self.tool.name, text)

    @property
    def compact(self) -> str:
        """What stays of it in the conversation."""
        if self.state == "running":
            return "Still running when the answer was over."
        return cut(self.text, COMPACT)


def _where(error: BaseException) -> tuple[str, str]:
    """Name an error's kind and place."""
    trace, line = error.__traceback__, ""
    while trace is not None:
        code = trace.tb_frame.f_code
        line = f" at {code.co_filename}:{trace.tb_lineno}"
        trace = trace.tb_next
    return type(error).__name__, line
