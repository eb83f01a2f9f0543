"""What can be set."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from assistant.remote import checked_url, host_of, is_near

SERVICE = "https://api.anthropic.com"


class Config(BaseModel):
    """`llm: {backend: anthropic, …}`."""

    model_config = ConfigDict(extra="forbid")

    base_url: str = Field(default=SERVICE, description="Address of the service, without /v1.")
    model: str = Field(default="claude-haiku-5-5", min_length=1, description="Name of the model.")
    api_key: SecretStr | None = Field(default=None, description="Key of the service.")
    language: str = Field(
        default="en", description="The language, filled in from the assistant's."
    )
    context: int = Field(
        default=32768,
        ge=512,
        description="Tokens of conversation and answer together; the model's own if that is less.",
    )
    max_tokens: int = Field(default=400, ge=1, description="Longest answer in tokens.")
    thinking: Literal["auto", "off", "between_tools"] = Field(
        default="auto",
        description="auto: off where the model lets itself be told so, between tools where it "
        "may think there. Thinking costs seconds before the first word.",
    )
    calls_tools: bool = Field(default=True, description="It may use tools.")
    sees: bool | None = Field(
        default=None, description="It gets pictures. Empty: if the service says that it sees."
    )
    cache: bool = Field(
        default=True, description="Have the service keep what it has read of a conversation."
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
        return checked_url(value, SERVICE).removesuffix("/v1")

    @property
    def host(self) -> str:
        """The server's name, for people."""
        return host_of(self.base_url)

    @property
    def local(self) -> bool:
        """The server is on this machine or in a private network."""
        return is_near(self.base_url)
