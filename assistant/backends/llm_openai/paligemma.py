"""Questions in the words that PaliGemma was trained on: it is no model for conversation.

One picture and one short line: "answer en what is on the table", "caption en", "ocr".
"""

import re
from collections.abc import Sequence

from assistant.errors import BackendError
from assistant.ports import Message

_READING = re.compile(
    r"\b(read|says?|written|text|label|letter|lies|steht|lee|leer|dice|lis|lire|écrit)\b",
    re.IGNORECASE,
)
_TELLING = re.compile(
    r"\b(describe|caption|what do you see|what is (?:in |on )?(?:this|the picture)\??$"
    r"|beschreib\w*|was siehst du|décris|que vois-tu|qué ves)\b",
    re.IGNORECASE,
)


def formed(messages: Sequence[Message], language: str) -> list[Message]:
    """Return the one message that it understands. Raises `BackendError` without a picture."""
    asked = next((m for m in reversed(messages) if m.role == "user"), None)
    images = next((m.images for m in reversed(messages) if m.images), ())
    if asked is None or not images:
        message = "PaliGemma only answers questions about a picture; choose another mind for talk"
        raise BackendError("llm", message)
    return [Message("user", line(asked.text, language), images[-1:])]


def line(question: str, language: str) -> str:
    """Return a question in its words."""
    question = " ".join(question.split()).strip(" ?.!").lower()
    if not question or _TELLING.search(question):
        return f"caption {language}"
    if _READING.search(question):
        return "ocr"
    return f"answer {language} {question}"
