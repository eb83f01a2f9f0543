"""A backend without settings."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import BaseModel, ConfigDict


class Config(BaseModel):
    model_config = ConfigDict(extra="forbid")


@asynccontextmanager
async def open(config: Config) -> AsyncIterator[Config]:  # noqa: A001 - what backends offer
    yield config
