"""Secrets: from the environment, a file, or a credential of systemd; never from a log."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import SecretStr

from assistant.config.fields import holds_secret, model_in
from assistant.config.marks import Key
from assistant.config.problems import Problem, did_you_mean

SOURCES = ("env", "file", "credential")
"""The ways to name a secret that is kept elsewhere."""

_log = logging.getLogger(__name__)


def is_reference(value: object) -> bool:
    """Tell ``{env: NAME}`` and its siblings from a section."""
    return isinstance(value, Mapping) and len(value) == 1 and next(iter(value)) in SOURCES


class _Missing(Exception):  # noqa: N818 - it never leaves this module
    """A secret is not where it should be; the text says so."""


@dataclass(slots=True)
class Secrets:
    """Puts secrets into a tree of settings, and remembers what it did not find."""

    environ: Mapping[str, str]
    places: Mapping[Key, str]
    problems: list[Problem] = field(default_factory=list)

    def reveal(self, annotation: object, value: Any, key: Key) -> Any:
        """Return the value with every reference in it replaced by its `SecretStr`."""
        model = model_in(annotation)
        if model is not None and isinstance(value, Mapping):
            return {
                name: self.reveal(model.model_fields[name].annotation, inner, (*key, name))
                if name in model.model_fields
                else inner
                for name, inner in value.items()
            }
        if get_origin(annotation) is dict and isinstance(value, Mapping):
            of = get_args(annotation)[1]
            if model_in(of) is not None or holds_secret(of):
                return {
                    name: self.reveal(of, inner, (*key, name)) for name, inner in value.items()
                }
        if not holds_secret(annotation):
            return value
        if isinstance(value, Mapping):
            return self._fetch(value, key)
        if isinstance(value, str):
            self._warn(key)
            return SecretStr(value)
        return value

    def _warn(self, key: Key) -> None:
        place = self.places.get(key, "")
        if place and not place.startswith("environment "):
            _log.warning(
                "%s: the secret itself is written here (%s); keep it elsewhere: {env: NAME}, "
                "{file: PATH} or {credential: NAME}",
                ".".join(key),
                place,
            )

    def _fetch(self, reference: Mapping[str, Any], key: Key) -> SecretStr | None:
        try:
            return SecretStr(self._found(reference))
        except _Missing as missing:
            self.problems.append(Problem(key, str(missing)))
            return None

    def _found(self, reference: Mapping[str, Any]) -> str:
        if not is_reference(reference):
            strange = [name for name in reference if name not in SOURCES]
            hint = did_you_mean(strange[0], SOURCES) if strange else ""
            raise _Missing(
                f"should be one of {{env: NAME}}, {{file: PATH}}, {{credential: NAME}}{hint}"
            )
        ((source, name),) = reference.items()
        if not isinstance(name, str) or not name:
            raise _Missing(f"{source}: should be followed by a name")
        if source == "env":
            return self._from_environment(name)
        return _from_file(Path(name).expanduser() if source == "file" else self._credential(name))

    def _from_environment(self, name: str) -> str:
        if text := self.environ.get(name):
            return text
        raise _Missing(
            f"environment variable {name} is not set; set it, or name a file: {{file: PATH}}"
        )

    def _credential(self, name: str) -> Path:
        folder = self.environ.get("CREDENTIALS_DIRECTORY")
        if folder is None:
            raise _Missing(
                f"there is no credential {name} outside a systemd service with "
                f"LoadCredential={name}:PATH; here, use {{env: NAME}} or {{file: PATH}}"
            )
        if Path(name).name != name:
            raise _Missing(f"a credential's name has no slash, is {name!r}")
        return Path(folder) / name


def _from_file(path: Path) -> str:
    try:
        text = path.read_text().strip()
    except OSError as wrong:
        raise _Missing(f"cannot read {path}: {wrong.strerror}; check the path") from None
    except UnicodeDecodeError:
        raise _Missing(f"{path} is not text; it should hold the secret and nothing else") from None
    if not text:
        raise _Missing(f"{path} is empty; write the secret into it")
    return text
