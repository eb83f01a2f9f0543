"""From `backend: whisper` to a module and its settings. The folder is the registry."""

import importlib
import importlib.util
import pkgutil
from dataclasses import dataclass
from types import ModuleType

from pydantic import BaseModel

from assistant.config.problems import did_you_mean
from assistant.config.sections import Stage
from assistant.config.shorthand import MINDS

FOLDER = "assistant.backends"
ALIASES = {("device", "auto"): "sounddevice", ("ocr", "auto"): "rapidocr"}
"""Names that the app interprets, and the backend whose settings they take."""


class NoBackend(LookupError):  # noqa: N818 - reads as a sentence
    """There is no such backend, or it cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A backend that was chosen: its module, which has `open`, and its settings."""

    module: ModuleType
    config: BaseModel


def resolve(
    kind: str, section: Stage, *, language: str | None = None, others: tuple[str, ...] = ()
) -> Chosen:
    """Return the backend of a stage, ready for ``chosen.module.open(chosen.config)``.

    `language` fills the setting of this name if the backend has one and the user gave none;
    `others` likewise `other_languages`.
    """
    config = section.settings
    filled = {"language": language, "other_languages": others}
    config = config.model_copy(
        update={
            name: value
            for name, value in filled.items()
            if value and name in type(config).model_fields and name not in config.model_fields_set
        }
    )
    return Chosen(backend_module(kind, section.backend), config)


def available(kind: str) -> list[str]:
    """List the backends of a kind by looking at the folder, without importing any."""
    spec = importlib.util.find_spec(FOLDER)
    folders = [] if spec is None else spec.submodule_search_locations or []
    names = (module.name for module in pkgutil.iter_modules(folders))
    found = {name.removeprefix(f"{kind}_") for name in names if name.startswith(f"{kind}_")}
    return sorted(found | {alias for of, alias in ALIASES if of == kind})


def backend_module(kind: str, name: str) -> ModuleType:
    """Import a backend by its short name, or code from elsewhere by a dotted one.

    Raises `NoBackend` when there is none or it cannot be imported.
    """
    real = ALIASES.get((kind, name), name)
    if "." in name:
        module = _imported(name, name)
    elif real in available(kind):
        module = _imported(f"{FOLDER}.{kind}_{real}", name)
    else:
        known = [*available(kind), *(MINDS if kind == "llm" else ())]
        raise NoBackend(f"there is no {kind} backend {name!r}{did_you_mean(name, known)}")
    settings = getattr(module, "Config", None)
    if not (isinstance(settings, type) and issubclass(settings, BaseModel)) or not callable(
        getattr(module, "open", None)
    ):
        raise NoBackend(f"{name} is no backend: it needs a model Config and an open()")
    return module


def _imported(dotted: str, name: str) -> ModuleType:
    try:
        return importlib.import_module(dotted)
    except ImportError as wrong:
        missing = wrong.name or str(wrong)
        if dotted == missing or dotted.startswith(f"{missing}."):
            raise NoBackend(
                f"there is no module {missing}; is its folder on PYTHONPATH?"
            ) from None
        raise NoBackend(
            f"{name} needs the Python package {missing}, which is not installed; "
            "`./scripts/run` installs all, `pip install 'assistant[all]'` too",
        ) from None
    except OSError as wrong:  # a shared library that a package loads is not there
        raise NoBackend(f"{name} cannot be loaded: {wrong}") from None


def settings_of(module: ModuleType) -> type[BaseModel]:
    """Return the model of a backend's settings."""
    settings: type[BaseModel] = module.Config
    return settings
