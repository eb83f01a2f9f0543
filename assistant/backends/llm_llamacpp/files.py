"""Which files a model is: its weights, and perhaps the projector that lets it see."""

from pathlib import Path

from assistant.backends.llm_llamacpp.settings import Config
from assistant.errors import ModelError
from assistant.models import store

BLIND = "none"
_PROJECTOR = "mmproj"


def weights(model: str) -> Path:
    """Return the file of a model, fetched first if need be."""
    place = Path(model).expanduser()
    if _in_store(model):
        place = store.ensure(model)
    if place.is_file():
        return place
    if not place.exists():
        raise ModelError(model, f"there is no file {place}; check llm.model")
    found = sorted(p for p in place.rglob("*.gguf") if _PROJECTOR not in p.name)
    whole = [p for p in found if "-of-" not in p.stem or "-00001-of-" in p.stem]
    if len(whole) != 1:
        message = f"{place} holds {len(whole)} models; set llm.model to one .gguf file"
        raise ModelError(model, message)
    return whole[0]


def projector(config: Config, model: Path) -> Path | None:
    """Return the file that lets a model see, fetched first if need be. Raises `ModelError`."""
    name = config.projector
    if name == BLIND:
        return None
    if name is None:
        whole = Path(config.model).expanduser().suffix != ".gguf"  # a directory of its own
        found = sorted(model.parent.rglob(f"*{_PROJECTOR}*.gguf")) if whole else []
        return found[0] if len(found) == 1 else None
    place = Path(name).expanduser()
    if not _in_store(name):
        if not place.is_file():
            raise ModelError(name, f"there is no file {place}; check llm.projector")
        return place
    found = sorted(store.ensure(name).rglob("*.gguf"))
    if len(found) != 1:
        raise ModelError(name, f"holds {len(found)} files; set llm.projector to one .gguf file")
    return found[0]


def needs(config: Config) -> list[str]:
    """Name the models that `open` will load from the store."""
    named = [config.model]
    if config.projector not in {None, BLIND}:
        named.append(str(config.projector))
    return [name for name in named if _in_store(name)]


def _in_store(name: str) -> bool:
    """Tell whether a name is one of the store's, or of the hub's, and no file of the user's."""
    return name.startswith("hf:") or not name.endswith(".gguf")
