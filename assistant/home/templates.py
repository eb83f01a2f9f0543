"""The few templates of discovery payloads that are understood; none is ever executed.

What comes over the bus is content: a template that does more than pick a value out of JSON, or
put one into a text, is refused, and what would need it is left out.
"""

import json
import re
from typing import Any

HERE = "\x00"
"""Where in an order's text the value goes."""
_NAME = r"[\w-]{1,64}"
_STEP = rf"\.{_NAME}|\[\s*'{_NAME}'\s*\]|\[\s*\"{_NAME}\"\s*\]"
_FILTERS = r"(?:\|\s*(?:int|float|string|upper|lower|round|tojson)\s*(?:\([\d\s,.]*\))?\s*)*"
_PICKS = re.compile(rf"\s*\{{\{{\s*value_json((?:{_STEP})+)\s*{_FILTERS}\}}\}}\s*")
_WHOLE = re.compile(rf"\s*\{{\{{\s*value\s*{_FILTERS}\}}\}}\s*")
_VALUE = re.compile(rf"\{{\{{\s*(?:value|position|state|temperature)\s*{_FILTERS}\}}\}}")
_KEY = re.compile(_NAME)

Path = tuple[str, ...]
"""Keys into a JSON object; empty: the payload itself."""


def path(template: object) -> Path | None:
    """Return what a value template picks; `None`: it is not understood."""
    if template is None or template == "":
        return ()
    if not isinstance(template, str):
        return None
    if _WHOLE.fullmatch(template):
        return ()
    picked = _PICKS.fullmatch(template)
    return tuple(_KEY.findall(picked[1])) if picked else None


def form(template: object) -> str | None:
    """Return a command template as text with `HERE` for its value; `None`: not understood."""
    if template is None or template == "":
        return HERE
    if not isinstance(template, str) or HERE in template:
        return None
    text = _VALUE.sub(HERE, template)
    return None if "{{" in text or "{%" in text or "{#" in text else text


def value(payload: str, keys: Path) -> Any:
    """Return what a payload holds at a path, `None` where there is nothing."""
    if not keys:
        return payload
    try:
        found = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    for key in keys:
        if not isinstance(found, dict):
            return None
        found = found.get(key)
    return found
