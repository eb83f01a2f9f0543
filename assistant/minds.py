"""From a configuration to the mind: one alone, or several that take each other's place."""

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from assistant.config import Chosen, Config, resolve
from assistant.errors import BackendError, BackendUnavailable, ModelError
from assistant.ports import LanguageModel
from assistant.reasoning.budget import Budget
from assistant.reasoning.chain import Link, Rules, open_chain
from assistant.reasoning.persona import opening

_log = logging.getLogger(__name__)


def mind_stages(config: Config) -> dict[str, Chosen]:
    """Choose the backends of the minds, by their keys."""
    return {key: resolve("llm", mind, language=config.language) for key, mind in config.llm.chain}


@asynccontextmanager
async def or_nothing(key: str, context: AbstractAsyncContextManager[Any]) -> AsyncIterator[Any]:
    """Open a mind; where there is another one, one that cannot be had is left out."""
    try:
        mind = await context.__aenter__()
    except (BackendError, ModelError) as missing:
        _log.warning("%s is left out: %s", key, missing)
        yield None
        return
    try:
        yield mind
    finally:
        await context.__aexit__(None, None, None)


@asynccontextmanager
async def chained(
    config: Config, opened: Mapping[str, LanguageModel | None]
) -> AsyncIterator[LanguageModel]:
    """Put the minds together that could be opened. Raises `BackendUnavailable` if there is none.

    `opened`: by their keys; one alone without limits stays as it is.
    """
    links = [
        Link(mind, _budget(key, stage))
        for key, stage in config.llm.chain
        if (mind := opened.get(key)) is not None
    ]
    if not links:
        raise BackendUnavailable("llm", "no mind can be had; see what is said above, then llm")
    if len(links) == 1 and not links[0].budget.binds:
        yield links[0].mind
        return
    persona = config.persona
    rules = Rules(
        lambda info: opening(
            info, persona.name, config.language, persona.prompt_extra, config.others
        ),
        config.llm.switch_after_s,
        config.language,
        _place(),
    )
    async with open_chain(links, rules) as chain:
        yield chain


def _budget(key: str, stage: Any) -> Budget:
    limits, model = stage.limits, getattr(stage.settings, "model", "")
    return Budget(
        f"{key} ({model or stage.backend})",
        a_minute=limits.requests_per_minute,
        a_day=limits.requests_per_day,
        tokens=limits.tokens_per_day,
    )


def _place() -> Any:
    from platformdirs import user_state_path  # noqa: PLC0415 - not every verb needs it

    return user_state_path("assistant") / "minds.json"
