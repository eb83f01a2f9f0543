"""Responses beside chat completions, and PaliGemma's own prompts."""

import pytest

from assistant.backends.llm_openai import Config
from assistant.backends.llm_openai.paligemma import formed, line
from assistant.errors import BackendError
from assistant.ports import Image, LanguageModel, Message, ToolCall
from assistant.testing.eyes import painted
from assistant.testing.http_mind import HttpMind
from tests.reasoning.wires import CLOCK, during, read, text_of

RED = Image(painted("red"), "image/jpeg")


def test_openai_itself_is_asked_by_responses_all_others_by_chat() -> None:
    assert Config(base_url="https://api.openai.com/v1").speaks == "responses"
    assert Config(base_url="https://openrouter.ai/api/v1").speaks == "chat"
    assert Config(base_url="http://127.0.0.1:11434/v1").speaks == "chat"
    assert Config(base_url="http://127.0.0.1:8080/v1", api="responses").speaks == "responses"


def test_a_request_of_responses() -> None:
    async def use(peer: HttpMind, mind: LanguageModel) -> None:
        call = ToolCall("7", "clock", "{}")
        await read(
            mind,
            [
                Message("system", "Be brief."),
                Message("user", "What is this?", (RED,)),
                Message("assistant", "", calls=(call,)),
                Message("tool", "noon", answers="7"),
            ],
            [CLOCK],
        )
        body = peer.requests[0]
        assert body["instructions"] == "Be brief."
        assert body["store"] is False, "nothing of the user's is kept there"
        seen, called, answered = body["input"]
        image, text = seen["content"]
        assert (image["type"], image["detail"]) == ("input_image", "high")
        assert text == {"type": "input_text", "text": "What is this?"}
        assert (called["type"], called["call_id"]) == ("function_call", "7")
        assert answered == {"type": "function_call_output", "call_id": "7", "output": "noon"}
        assert body["tools"][0]["name"] == "clock"
        assert body["max_output_tokens"] == 400
        assert "reasoning" not in body

    during("responses", HttpMind(), use)


@pytest.mark.parametrize(
    ("question", "prompt"),
    [
        ("What colour is the cup?", "answer en what colour is the cup"),
        ("Describe this picture.", "caption en"),
        ("What do you see?", "caption en"),
        ("", "caption en"),
        ("Read me the label, please.", "ocr"),
        ("What does the letter say?", "ocr"),
    ],
)
def test_questions_in_the_words_of_paligemma(question: str, prompt: str) -> None:
    assert line(question, "en") == prompt


def test_paligemma_gets_one_picture_one_line_and_no_conversation() -> None:
    async def use(peer: HttpMind, mind: LanguageModel) -> None:
        assert mind.info.sees
        assert not mind.info.calls_tools
        talk = [
            Message("system", "Be brief."),
            Message("user", "Hello."),
            Message("assistant", "Hello!"),
            Message("user", "What colour is it?", (RED,)),
        ]
        pieces, error = await read(mind, talk)
        assert (text_of(pieces), error) == ("Picture 1: red.", None)
        (only,) = peer.requests[0]["messages"]
        assert only["content"][-1]["text"] == "answer en what colour is it"

    during("chat", HttpMind(sees=True), use, prompt_form="paligemma", sees=False)


def test_paligemma_without_a_picture_says_what_it_is() -> None:
    with pytest.raises(BackendError, match="only answers questions about a picture"):
        formed([Message("user", "Hello.")], "en")
