"""What the Models API tells of a model: how much it reads, what it can, when it retires."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Abilities:
    """What is known of a model; `None`: the service did not say."""

    context: int | None = None
    sees: bool | None = None
    thinking_off: bool | None = None
    thinks_between_tools: bool | None = None
    retires: date | None = None
    retired: bool = False


def abilities(model: Any) -> Abilities:
    """Read what the service said of a model; what a compatible one leaves out is not known."""
    capabilities = getattr(model, "capabilities", None)
    types = _part(_part(capabilities, "thinking"), "types")
    retires = getattr(model, "retires_at", None)
    return Abilities(
        context=getattr(model, "max_input_tokens", None),
        sees=_supported(_part(capabilities, "image_input")),
        thinking_off=_supported(_part(types, "disabled")),
        thinks_between_tools=_supported(_part(types, "between_tools")),
        retires=retires.date() if isinstance(retires, datetime) else None,
        retired=getattr(model, "lifecycle", None) == "retired",
    )


def _part(of: Any, name: str) -> Any:
    return None if of is None else getattr(of, name, None)


def _supported(capability: Any) -> bool | None:
    found = _part(capability, "supported")
    return found if isinstance(found, bool) else None
