"""What the mind may use: the tools that were found, and those of servers that come and go."""

import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase

from assistant.ports import Consent, Tool, ToolSource, ToolSpec

_log = logging.getLogger(__name__)

_KNOWN = 1000
MOST = 100
"""Tools that a mind is offered; each costs tokens in every request."""


class Toolbox:
    """All tools, by the names that models know them by.

    `consents` are the user's own rules, by a tool's name for people or a pattern of names
    ("files.*"). Of two tools that have one name the first is taken.
    """

    def __init__(
        self,
        tools: Iterable[Tool] = (),
        sources: Iterable[ToolSource] = (),
        consents: Mapping[str, Consent] | None = None,
    ) -> None:
        self._tools = tuple(tools)
        self.sources = tuple(sources)
        self._consents = dict(consents or {})
        self._warned = False
        self._sizes: dict[int, tuple[ToolSpec, int]] = {}

    @property
    def has_any(self) -> bool:
        """There are tools, or may be."""
        return bool(self._tools or self.sources)

    def __iter__(self) -> Iterator[Tool]:
        """Yield the tools that may be used now."""
        taken: set[str] = set()
        for tool in (*self._tools, *(tool for source in self.sources for tool in source.tools)):
            if tool.spec.name not in taken and self.consent(tool) != "deny":
                taken.add(tool.spec.name)
                yield tool

    def specs(self, context: int) -> tuple[ToolSpec, ...]:
        """Return what a mind is told of them: what fits a quarter of its window of tokens."""
        told: list[ToolSpec] = []
        for tool in self:
            spec = tool.spec
            context -= self._size(spec)
            if context < 0 or len(told) == MOST:
                if not self._warned:
                    _log.warning("the mind is offered %d tools only: more do not fit", len(told))
                self._warned = True
                break
            told.append(spec)
        return tuple(told)

    def _size(self, spec: ToolSpec) -> int:
        """Return how many characters it takes; each is reckoned once."""
        known = self._sizes.get(id(spec))
        if known is None or known[0] is not spec:
            size = len(spec.name) + len(spec.description) + len(json.dumps(spec.parameters))
            if len(self._sizes) > _KNOWN:
                self._sizes.clear()
            known = self._sizes[id(spec)] = (spec, size)
        return known[1]

    def told(self) -> tuple[str, ...]:
        """Return a line for the tools of our own, and one for each source of others."""
        here = [f"{len(self._tools)} of its own"] if self._tools else []
        return (*here, *(f"{s.name}: {s.trouble or len(s.tools)}" for s in self.sources))

    def find(self, name: str) -> Tool | None:
        """Return the tool that a model calls so, or `None`."""
        return next((tool for tool in self if tool.spec.name == name), None)

    def consent(self, tool: Tool) -> Consent:
        """Tell whether the user is asked: their own rule, the tool's, or what fits its effect."""
        if (rule := self._consents.get(tool.name)) is not None:
            return rule
        for pattern, rule in self._consents.items():
            if fnmatchcase(tool.name, pattern):
                return rule
        if tool.terms.consent is not None:
            return tool.terms.consent
        return "ask" if tool.terms.effect == "lasting" else "allow"


def is_foreign(tool: Tool) -> bool:
    """Tell whether others may have written what a tool returns."""
    foreign = tool.terms.foreign
    return tool.terms.effect == "none" if foreign is None else foreign
