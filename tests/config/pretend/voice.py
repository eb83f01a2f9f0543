"""A backend with settings of every kind."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class Account(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = "nobody"
    token: SecretStr | None = None


class Config(BaseModel):
    model_config = ConfigDict(extra="forbid")

    voice: str = Field(default="joe", description="Which one.")
    speed: float = Field(default=1.0, gt=0, le=4)
    quality: Literal["fast", "fine"] = "fast"
    threads: int | Literal["auto"] = "auto"
    folder: Path | None = None
    api_key: SecretStr | None = None
    headers: dict[str, SecretStr] = Field(default_factory=dict)
    words: tuple[str, ...] = ()
    account: Account = Account()
    language: str = "en"


@asynccontextmanager
async def open(config: Config) -> AsyncIterator[Config]:  # noqa: A001 - what backends offer
    yield config
