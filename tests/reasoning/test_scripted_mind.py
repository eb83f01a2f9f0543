import asyncio

import pytest

from assistant.errors import BackendTimeout, BackendUnavailable
from assistant.ports import Message
from assistant.testing import mind as script
from assistant.testing.mind import Answer, Finish, ScriptedMind, answer
from assistant.testing.virtual_time import run


async def heard(mind: ScriptedMind, text: str) -> str:
    return "".join([str(piece) async for piece in mind.answer([Message("user", text)])])


def test_answers_come_in_order_and_the_last_again() -> None:
    async def main() -> None:
        mind = ScriptedMind("One.", "Two.", when={"time": "Noon."})
        texts = ["a", "what TIME is it", "b", "c"]
        assert [await heard(mind, text) for text in texts] == ["One.", "Noon.", "Two.", "Two."]

    run(main())


def test_delays_are_in_the_time_of_the_loop() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        await heard(ScriptedMind(answer("One two three.", first=60, each=30)), "go")
        assert loop.time() == 120

    run(main())


def test_it_fails_as_told() -> None:
    async def main() -> None:
        with pytest.raises(BackendUnavailable):
            await heard(ScriptedMind(script.FAILED), "go")
        late = Answer(("One",), finish=Finish.FAIL, error=BackendTimeout("llm", "too slow"))
        with pytest.raises(BackendTimeout, match="too slow"):
            await heard(ScriptedMind(late), "go")

    run(main())
