"""Claude, Responses and chat completions: the same faults, pictures and tools on each wire."""

import asyncio
import logging
from contextlib import suppress

import pytest

from assistant import remote
from assistant.errors import BackendBusy, BackendError, BackendTimeout, BackendUnavailable
from assistant.ports import Image, LanguageModel, Message, ToolCall
from assistant.testing.eyes import painted
from assistant.testing.http_mind import HttpMind, Mode
from tests.reasoning.wires import CLOCK, HELLO, IMPATIENT, KEY, WIRES, during, read, text_of

wires = pytest.mark.parametrize("wire", WIRES)


def picture(colour: str, code: str = "") -> Image:
    return Image(painted(colour, code), "image/jpeg")


FAILURES = (
    (Mode.SILENT, BackendTimeout, "said nothing for 0.6 s", 0),
    (Mode.STALL_AFTER_HEAD, BackendTimeout, "said nothing for 0.6 s", 0),
    (Mode.STALL_MIDWAY, BackendTimeout, "said nothing for 0.3 s", 2),
    (Mode.DRIP, BackendTimeout, "said nothing for 0.6 s", 0),
    (Mode.DROP, BackendUnavailable, "broke off", 0),
    (Mode.DROP_MIDWAY, BackendUnavailable, "broke off", 2),
    (Mode.TRUNCATED, BackendUnavailable, "broke off", 2),
    (Mode.RESET, BackendUnavailable, "broke off", 0),
    (Mode.RESET_MIDWAY, BackendUnavailable, "broke off", 2),
    (Mode.GARBAGE, BackendUnavailable, "broke off", 0),
    (Mode.WEB_PAGE, BackendError, "does not answer as a model server", 0),
    (Mode.BROKEN_JSON, BackendError, "does not answer as a model server", 0),
    (Mode.WRONG_JSON, BackendError, "does not answer as a model server", 0),
    (Mode.UNAUTHORISED, BackendUnavailable, "the key was refused", 0),
    (Mode.NO_MODEL, BackendUnavailable, "has no model 'peer-1'", 0),
    (Mode.TOO_LARGE, BackendError, "too large for 127.0.0.1", 0),
    (Mode.BUSY, BackendBusy, "too many requests", 0),
    (Mode.FAILING, BackendError, "failed with status 500", 0),
    (Mode.OVERLOADED, BackendBusy, "is overloaded (529)", 0),
)


@wires
def test_each_failure_is_one_plain_line_and_the_next_answer_comes(wire: str) -> None:
    async def use(peer: HttpMind, mind: LanguageModel) -> None:
        for mode, kind, words, pieces in FAILURES:
            peer.mode = mode
            said, error = await read(mind)
            assert type(error) is kind, (mode, error)
            assert len(said) == pieces, mode
            message = str(error)
            assert words in message
            assert "\n" not in message
            assert len(message) < 150
            for secret in ("private", KEY, "as told"):
                assert secret not in message
            peer.mode = Mode.ANSWER
            assert (await read(mind))[1] is None, f"the answer after {mode}"

    during(wire, HttpMind(), use, **IMPATIENT)


@wires
@pytest.mark.parametrize("mode", [Mode.ANSWER, Mode.SILENT])
def test_it_is_told_when_a_question_has_been_sent(wire: str, mode: Mode) -> None:
    """Once, before anything is answered, and even if nothing is; a look-up is no question."""
    news: list[str] = []

    async def use(_: HttpMind, mind: LanguageModel) -> None:
        remote.SENT.set(lambda: news.append("sent"))
        await mind.warm(HELLO)
        assert news == []
        shown = Message("user", "What colour?", images=(picture("red"),))
        with suppress(BackendTimeout):
            async for piece in mind.answer([shown]):
                news.append(str(piece))  # noqa: PERF401 - those before a failure count

    during(wire, HttpMind(mode=mode), use, **IMPATIENT)
    assert news[0] == "sent"
    assert news.count("sent") == 1
    assert (len(news) > 1) is (mode is Mode.ANSWER)


@wires
def test_trouble_in_the_middle_of_an_answer_is_told(wire: str) -> None:
    async def use(_: HttpMind, mind: LanguageModel) -> None:
        said, error = await read(mind)
        assert len(said) == 2
        assert error is not None
        assert "as told" not in str(error)

    during(wire, HttpMind(mode=Mode.TROUBLE_MIDWAY), use, **IMPATIENT)


@wires
def test_a_busy_server_says_when_to_come_back(wire: str) -> None:
    async def use(peer: HttpMind, mind: LanguageModel) -> None:
        for said, least, most in (("7", 7, 7), ("1e9", 3600, 3600), ("soon", 1, 60)):
            peer.retry_after = said
            _, error = await read(mind)
            assert isinstance(error, BackendBusy)
            assert least <= error.after <= most

    during(wire, HttpMind(mode=Mode.BUSY), use)


@wires
def test_it_tries_again_before_the_first_word_only(wire: str) -> None:
    async def use(peer: HttpMind, mind: LanguageModel) -> None:
        for mode, asked, fails in (
            (Mode.RESET, 2, False),
            (Mode.FAILING, 2, False),
            (Mode.DROP_MIDWAY, 1, True),
            (Mode.UNAUTHORISED, 1, True),
            (Mode.BUSY, 1, True),
            (Mode.SILENT, 1, True),
        ):
            peer.requests.clear()
            peer.mode, peer.failures = mode, 1
            _, error = await read(mind)
            assert (len(peer.requests), error is not None) == (asked, fails), mode

    during(wire, HttpMind(), use, retries=1, **IMPATIENT)


@wires
def test_cancelling_closes_the_socket_at_once(wire: str) -> None:
    async def use(peer: HttpMind, mind: LanguageModel) -> None:
        loop, every = asyncio.get_running_loop(), []
        for mode in (Mode.SILENT, Mode.STALL_AFTER_HEAD, Mode.ENDLESS, Mode.DRIP):
            peer.mode = mode
            peer.asked.clear()
            peer.hung_up.clear()
            async with asyncio.TaskGroup() as group:
                task = group.create_task(read(mind))
                await peer.asked.wait()
                await asyncio.sleep(0.02)  # into the answer
                began = loop.time()
                task.cancel()
                async with asyncio.timeout(1):
                    await peer.hung_up.wait()
                took = loop.time() - began
            assert task.cancelled()
            every.append(took)
        assert max(every) < 0.5
        assert sorted(every)[1] < 0.05, "whatever else the machine does"

    during(wire, HttpMind(), use)


@wires
def test_an_answer_comes_from_the_pixels(wire: str) -> None:
    async def use(peer: HttpMind, mind: LanguageModel) -> None:
        asked = Message("user", "What are these?", (picture("red"), picture("blue", "K7-QX")))
        pieces, error = await read(mind, [Message("system", "Be brief."), asked])
        assert error is None
        assert text_of(pieces) == "Picture 1: red. Picture 2: blue, it says K7-QX."
        assert peer.heard[0].text == "What are these?"

    during(wire, HttpMind(sees=True), use)


@wires
def test_a_tool_is_called_and_its_result_used(wire: str) -> None:
    async def use(peer: HttpMind, mind: LanguageModel) -> None:
        asked = Message("user", "What time is it?")
        (alive, call), _ = await read(mind, [asked], [CLOCK])
        assert isinstance(call, ToolCall)
        assert alive == "", "a sign of life while the call was being written"
        assert call == ToolCall("call-1", "clock", "{}")
        called = Message("assistant", "", calls=(call,))
        answered = Message("tool", "noon", answers=call.id)
        pieces, error = await read(mind, [asked, called, answered], [CLOCK])
        assert (text_of(pieces), error) == ("It says: noon.", None)
        assert peer.heard[1].results == ("noon",)

    during(wire, HttpMind(mode=Mode.USE_TOOL), use)


@wires
def test_two_tools_at_once_and_their_pictures(wire: str) -> None:
    async def use(peer: HttpMind, mind: LanguageModel) -> None:
        calls = (ToolCall("a", "look", "{}"), ToolCall("b", "look", "not json"))
        pieces, error = await read(
            mind,
            [
                Message("user", "What is there?"),
                Message("assistant", "Let me look.", calls=calls),
                Message("tool", "a picture", (picture("green"),), answers="a"),
                Message("tool", "another", (picture("yellow", "NONCE"),), answers="b"),
            ],
            [CLOCK],
        )
        assert error is None
        assert "Picture 1: green. Picture 2: yellow, it says NONCE." in text_of(pieces)
        if wire != "chat":  # there the pictures stand in a message of the user
            assert peer.heard[0].results == ("a picture", "another")

    during(wire, HttpMind(sees=True), use)


@wires
def test_calls_of_before_are_no_trouble_where_no_tool_is_offered(wire: str) -> None:
    async def use(_: HttpMind, mind: LanguageModel) -> None:
        call = ToolCall("a", "clock", "{}")
        talk = [
            Message("user", "What time is it?"),
            Message("assistant", "", calls=(call,)),
            Message("tool", "noon", answers="a"),
            Message("assistant", "It is noon."),
            Message("user", "Thanks."),
        ]
        assert (await read(mind, talk))[1] is None

    during(wire, HttpMind(), use)


@wires
def test_a_mind_that_cannot_see_gets_no_picture_and_is_told(wire: str) -> None:
    async def use(peer: HttpMind, mind: LanguageModel) -> None:
        assert not mind.info.sees
        await read(mind, [Message("user", "What is this?", (picture("red"),))])
        assert peer.heard[0].pictures == ()
        assert "you cannot see it" in peer.heard[0].text

    during(wire, HttpMind(), use, sees=False)


@wires
def test_a_server_that_refuses_pictures(wire: str) -> None:
    async def use(__: HttpMind, mind: LanguageModel) -> None:
        _, error = await read(mind, [Message("user", "What is this?", (picture("red"),))])
        assert "takes no pictures for peer-1 (400); set llm.sees: false" in str(error)

    during(wire, HttpMind(mode=Mode.BLIND), use)


@wires
def test_a_refusal_is_said_in_words(wire: str) -> None:
    async def use(_: HttpMind, mind: LanguageModel) -> None:
        assert await read(mind) == (["Darauf möchte ich nicht antworten."], None)

    during(wire, HttpMind(mode=Mode.REFUSAL), use, language="de")


@wires
def test_an_answer_that_is_cut_is_an_answer(wire: str) -> None:
    async def use(_: HttpMind, mind: LanguageModel) -> None:
        pieces, error = await read(mind)
        assert (text_of(pieces), error) == ("The capital of France is Paris.", None)

    during(wire, HttpMind(mode=Mode.CUT), use)


@wires
def test_unknown_tools_and_broken_arguments_are_passed_on_as_they_are(wire: str) -> None:
    async def use(peer: HttpMind, mind: LanguageModel) -> None:
        assert (await read(mind, tools=[CLOCK]))[0] == [
            "",
            ToolCall("call-1", "launch_rockets", '{"city": "Paris"}'),
        ]
        peer.mode = Mode.BROKEN_ARGUMENTS
        assert (await read(mind, tools=[CLOCK]))[0] == [
            "",
            ToolCall("call-1", "clock", '{"city": "Par'),
        ]

    during(wire, HttpMind(mode=Mode.UNKNOWN_TOOL), use)


@wires
def test_answers_share_one_warm_connection(wire: str) -> None:
    async def use(peer: HttpMind, mind: LanguageModel) -> None:
        await mind.warm(HELLO)
        assert (peer.connections, peer.requests) == (1, []), "nothing of the prompt was sent"
        for _ in range(3):
            await read(mind)
        assert peer.connections == 1
        assert all(KEY in key for key in peer.keys)

    during(wire, HttpMind(), use)


@wires
def test_nothing_private_is_logged(wire: str, caplog: pytest.LogCaptureFixture) -> None:
    async def use(peer: HttpMind, mind: LanguageModel) -> None:
        await read(mind)
        peer.mode = Mode.FAILING
        await read(mind)
        assert "private" not in caplog.text
        assert KEY not in caplog.text
        libraries = {"openai", "anthropic", "httpx2", "httpcore2"}
        assert not [r for r in caplog.records if r.name.split(".")[0] in libraries]

    with caplog.at_level(logging.DEBUG):
        during(wire, HttpMind(), use)
