"""config.yaml, the reference and the schema agree with the models."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from assistant.config import Config, load
from assistant.config.backends import ALIASES, available, backend_module, resolve, settings_of
from assistant.config.fields import model_in, plain, stages
from assistant.config.layers import shipped
from assistant.config.pages import config_yaml, configuration_md
from assistant.config.schema import schema
from assistant.config.sections import Stage
from tests.config.conftest import Load

ROOT = Path(__file__).parents[2]
BACKENDS = [
    (kind, name)
    for kind in sorted({stage.kind for _, stage in stages(Config)})
    for name in available(kind)
    if (kind, name) not in ALIASES
]


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    whole = schema()
    Draft202012Validator.check_schema(whole)
    return Draft202012Validator(whole)


def fields(model: type[BaseModel], key: str = "") -> Iterator[tuple[str, str | None]]:
    for name, field in model.model_fields.items():
        inner = model_in(field.annotation)
        if inner is not None:
            yield from fields(inner, f"{key}.{name}")
        elif not issubclass(model, Stage) or name != "settings":
            yield f"{key}.{name}", field.description


def test_config_yaml_is_what_the_models_say() -> None:
    assert shipped().read_text() == config_yaml(), "scripts/check --fix writes it"


def test_the_reference_is_what_the_models_say() -> None:
    page = ROOT / "docs" / "configuration.md"
    assert page.read_text() == configuration_md(), "scripts/check --fix writes it"


def test_config_yaml_holds_every_default() -> None:
    given = load(environ={})
    defaults = load(Path("/dev/null"), environ={})
    assert plain(given) == plain(defaults)


def test_every_key_of_config_yaml_is_explained() -> None:
    lines = [line.strip() for line in config_yaml().splitlines()]
    for before, line in pairwise(lines):
        if line and not line.startswith("#"):
            assert before.startswith("# "), line


def test_every_setting_has_a_description() -> None:
    assert not [key for key, description in fields(Config) if not description]


@pytest.mark.parametrize(("kind", "name"), BACKENDS)
def test_every_backend_setting_has_a_description(kind: str, name: str) -> None:
    settings = settings_of(backend_module(kind, name))
    assert settings.model_config.get("extra") == "forbid"
    assert not [key for key, description in fields(settings, kind) if not description]


def test_every_default_backend_is_there() -> None:
    for _, stage in stages(Config):
        backend = stage.model_fields["backend"].default
        assert backend in available(stage.kind)
        assert backend_module(stage.kind, backend).__name__.startswith("assistant.backends.")


def test_config_yaml_is_valid_by_the_schema(validator: Draft202012Validator) -> None:
    validator.validate(yaml.safe_load(config_yaml()))
    validator.validate({})


@pytest.mark.parametrize(("kind", "name"), BACKENDS)
def test_the_schema_knows_every_backend(
    validator: Draft202012Validator, kind: str, name: str
) -> None:
    section = {"backend": None if name == "null" else name}
    key = next(key for key, stage in stages(Config) if stage.kind == kind)
    validator.validate(_nested(key, section))
    assert not validator.is_valid(_nested(key, section | {"no_such_key": 1}))


def _nested(key: tuple[str, ...], section: object) -> Any:
    for name in reversed(key):
        section = {name: section}
    return section


@pytest.mark.parametrize(
    "wrong",
    [
        {"persna": {}},
        {"turns": {"complete_ms": "soon"}},
        {"turns": {"mode": "psuh"}},
        {"vad": {"backend": "silreo"}},
        {"tts": {"fallback": {"backend": "espaek"}}},
        {"vision": {"camera": {"backend": "opencv", "devise": 1}}},
    ],
)
def test_the_schema_refuses_what_the_program_refuses(
    validator: Draft202012Validator, wrong: dict[str, Any]
) -> None:
    assert not validator.is_valid(wrong)


def test_a_chosen_backend_can_be_opened(load_text: Load) -> None:
    config = load_text("tts: {backend: pretend.voice, voice: amy, fallback: }")
    chosen = resolve("tts", config.tts)
    assert chosen.module.__name__ == "pretend.voice"
    assert callable(chosen.module.open)
    assert chosen.config.model_dump()["voice"] == "amy"


def test_the_language_is_filled_in_unless_it_was_given(load_text: Load) -> None:
    one = load_text("tts: {backend: pretend.voice, fallback: }")
    other = load_text("tts: {backend: pretend.voice, language: fr, fallback: }")
    assert resolve("tts", one.tts, language="de").config.model_dump()["language"] == "de"
    assert resolve("tts", other.tts, language="de").config.model_dump()["language"] == "fr"
    assert resolve("stt", one.stt, language="de").config.model_dump() == {}


def test_null_is_a_name_too(load_text: Load) -> None:
    config = load_text("", device__backend="null")
    assert resolve("device", config.device).module.__name__ == "assistant.backends.device_null"
    assert config.device.backend == "null"


def test_a_configuration_does_not_change(load_text: Load) -> None:
    config = load_text("")
    with pytest.raises(ValueError, match="frozen"):
        config.turns.complete_ms = 1
