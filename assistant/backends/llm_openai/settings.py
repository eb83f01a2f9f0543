"""What can be set."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from assistant.remote import checked_url, host_of, is_near

OPENAI = "api.openai.com"


class Config(BaseModel):
    """`llm: {backend: openai, …}`."""

    model_config = ConfigDict(extra="forbid")

    base_url: str = Field(
        default="http://127.0.0.1:8080/v1", description="Address of the server, with its /v1."
    )
    model: str = Field(
        default="", description="Name of the model; empty: the first one that the server lists."
    )
    api_key: SecretStr | None = Field(
        default=None, description="Key; local servers mostly need none."
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
    language: str = Field(
        default="en", description="The language, filled in from the assistant's."
    )
    context: int = Field(
        default=8192, ge=512, description="Tokens of conversation and answer together."
    )
    temperature: float | None = Field(
        default=None, ge=0, le=2, description="Empty: the server's own; some models refuse any."
    )
    max_tokens: int = Field(default=400, ge=1, description="Longest answer in tokens.")
    effort: str | None = Field(
        default=None,
        description="How much a reasoning model thinks first (none, minimal, low, …); each step "
        "costs seconds. Empty: the model's own.",
    )
    calls_tools: bool = Field(default=True, description="The model can use tools.")
    sees: bool = Field(default=False, description="The model understands pictures.")
    detail: Literal["low", "high", "auto"] = Field(
        default="high", description="How closely it looks at pictures; low costs least."
    )
    connect_seconds: float = Field(default=2.0, gt=0, description="Longest wait for a connection.")
    first_seconds: float = Field(
        default=10.0, gt=0, description="Longest wait for the first word."
    )
    between_seconds: float = Field(
        default=10.0, gt=0, description="Longest wait between two words."
    )
    retries: int = Field(
        default=1, ge=0, le=3, description="New attempts, before the first word only."
    )

    @field_validator("base_url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        return checked_url(value, "http://127.0.0.1:8080/v1")

    @property
    def host(self) -> str:
        """The server's name, for people."""
        return host_of(self.base_url)

    @property
    def local(self) -> bool:
        """The server is on this machine or in a private network."""
        return is_near(self.base_url)

    @property
    def speaks(self) -> Literal["responses", "chat"]:
        """How it is spoken with."""
        if self.api == "auto":
            return "responses" if self.host == OPENAI else "chat"
        return self.api
