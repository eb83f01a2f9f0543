"""What can be set."""

from typing import Literal

from pydantic import Field, field_validator

from assistant.remote import RemoteMind, checked_url

SERVICE = "https://api.anthropic.com"


class Config(RemoteMind):
    """`llm: {backend: anthropic, …}`."""

    base_url: str = Field(default=SERVICE, description="Address of the service, without /v1.")
    model: str = Field(default="claude-haiku-5-5", min_length=1, description="Name of the model.")
    context: int = Field(
        default=32768,
        ge=512,
        description="Tokens of conversation and answer together; the model's own if that is less.",
    )
    thinking: Literal["auto", "off", "between_tools"] = Field(
        default="auto",
        description="auto: off where the model lets itself be told so, between tools where it "
        "may think there. Thinking costs seconds before the first word.",
    )
    sees: bool | None = Field(
        default=None, description="It gets pictures. Empty: if the service says that it sees."
    )
    cache: bool = Field(
        default=True, description="Have the service keep what it has read of a conversation."
    )

    @field_validator("base_url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        return checked_url(value, SERVICE).removesuffix("/v1")
