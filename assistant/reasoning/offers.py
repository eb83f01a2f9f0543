"""What can be done here beside what hands do: at home, with a camera, with tools of others."""

from collections.abc import Callable

from assistant.languages.spoken import sentences
from assistant.ports import Household
from assistant.reasoning.toolbox import Toolbox

MOST = 5
"""Names of tools that are told."""
_TURNED = frozenset({"light", "switch", "fan"})


def offers(
    code: str,
    home: Household | None,
    toolbox: Toolbox | None,
    *,
    looks: Callable[[str], bool] | None,
) -> tuple[str, ...]:
    """Return a sentence for each of them that is there now.

    `toolbox`: of a mind that calls tools, else `None`; `looks` tells whether a sentence opens
    a camera, `None`: nothing does.
    """
    says, found = sentences(code)["offers"], []
    if home is not None:
        names = (name for name, kinds in home.kinds().items() if _TURNED & set(kinds))
        if (name := next(names, "")) != "":
            found.append(says["home"].format(name=name))
        found.append(says["announce"])
    if looks is not None and looks(says["look"]):
        found.append(says["look"])
    others = [] if toolbox is None else [tool.name for tool in toolbox if tool.source]
    if others:
        told = ", ".join(name.rpartition(".")[2].replace("_", " ") for name in others[:MOST])
        found.append(says["tools"].format(tools=told))
    return tuple(found)
