"""What can be set."""

from typing import Literal

from pydantic import Field, field_validator

from assistant.remote import RemoteMind, checked_url

OPENAI = "api.openai.com"


class Config(RemoteMind):
    """`llm: {backend: openai, …}`."""

    base_url: str = Field(
        default="http://127.0.0.1:8080/v1", description="Address of the server, with its /v1."
    )
    model: str = Field(
        default="", description="Name of the model; empty: the first one that the server lists."
    )
    api: Literal["auto", "responses", "chat"] = Field(
        default="auto",
        description="How it is spoken with. auto: responses with OpenAI itself, else chat "
        "(completions), which all others know.",
    )
    prompt_form: Literal["chat", "paligemma"] = Field(
        default="chat",
        description="paligemma: its own short prompts about one picture (answer, caption, ocr), "
        "no conversation.",
    )
    context: int = Field(
        default=8192, ge=512, description="Tokens of conversation and answer together."
    )
    temperature: float | None = Field(
        default=None, ge=0, le=2, description="Empty: the server's own; some models refuse any."
    )
    effort: str | None = Field(
        default=None,
        description="How much a reasoning model thinks first (none, minimal, low, …); each step "
        "costs seconds. Empty: the model's own.",
    )
    sees: bool = Field(default=False, description="The model understands pictures.")
    detail: Literal["low", "high", "auto"] = Field(
        default="high", description="How closely it looks at pictures; low costs least."
    )

    @field_validator("base_url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        return checked_url(value, "http://127.0.0.1:8080/v1")

    @property
    def speaks(self) -> Literal["responses", "chat"]:
        """How it is spoken with."""
        if self.api == "auto":
            return "responses" if self.host == OPENAI else "chat"
        return self.api
