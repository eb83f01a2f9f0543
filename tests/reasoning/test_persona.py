import pytest

from assistant.ports import MindInfo
from assistant.reasoning import persona

TINY = MindInfo("SmolLM2 135M Instruct", context=2048, local=True)
SMALL = MindInfo("Qwen3 4B Instruct", context=8192, local=True)
REMOTE = MindInfo("gpt-6-mini", context=100_000)


def test_size_is_read_from_the_name() -> None:
    assert persona.parameters(TINY) == "135 million parameters"
    assert persona.parameters(MindInfo("Llama-3.2-1.7B", 2048)) == "1.7 billion parameters"
    assert persona.parameters(REMOTE) is None
    assert [persona.is_tiny(info) for info in (TINY, SMALL, REMOTE)] == [True, False, False]


@pytest.mark.parametrize("info", [TINY, SMALL, REMOTE])
def test_the_prompt_is_short_and_for_speech(info: MindInfo) -> None:
    prompt = persona.prompt(info, "Ada")
    assert "short" in prompt
    assert "spoken" in prompt
    assert len(prompt) < 600
    assert "German" in persona.prompt(info, "Ada", "de")
    assert persona.prompt(info, "Ada", extra="It is May.").endswith(" It is May.")


def test_a_mind_that_follows_instructions_is_told_what_it_is() -> None:
    prompt = persona.prompt(SMALL, "Ada")
    assert "You are Ada" in prompt
    assert "Qwen3 4B Instruct on this machine" in prompt
    assert "on this machine" not in persona.prompt(REMOTE, "Ada")


def test_only_a_tiny_mind_gets_examples() -> None:
    assert [m.role for m in persona.opening(TINY, "Ada")] == [
        "system",
        *("user", "assistant") * 2,
    ]
    assert len(persona.opening(SMALL, "Ada")) == len(persona.opening(TINY, "Ada", "de")) == 1


@pytest.mark.parametrize(
    "text",
    [
        "What are you?",
        "who are you",
        "Hey, what's your name?",
        "Who made you?",
        "Are you ChatGPT?",
        "Are you a real person?",
        "How smart are you?",
        "What kind of AI model is this?",
        "Tell me about yourself.",
    ],
)
def test_a_tiny_mind_says_what_it_is(text: str) -> None:
    answer = persona.introduction(text, TINY, "Ada")
    assert answer is not None
    for part in ("Ada", "SmolLM2", "135 million", "very small", "often wrong"):
        assert part in answer
    assert persona.introduction(text, SMALL, "Ada") is None, "it can be told in the prompt"


@pytest.mark.parametrize(
    "text",
    [
        "What are you doing tonight?",
        "What are cats?",
        "Who made the Eiffel Tower?",
        "Are you sure?",
        "Are you a real fan of jazz?",
        "How big are whales?",
        "What's the name of your favourite song?",
        "",
    ],
)
def test_other_questions_are_left_to_the_mind(text: str) -> None:
    assert persona.introduction(text, TINY, "Ada") is None
