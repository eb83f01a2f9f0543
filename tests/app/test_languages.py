"""Several languages in the configuration: which ears, voices and models that means."""

import pytest

from assistant import app
from assistant.config import load
from assistant.errors import ConfigError


def chosen(**flags: object) -> dict[str, object]:
    config = load(
        environ={}, flags={key.replace("__", "."): value for key, value in flags.items()}
    )
    return {name: stage.config for name, stage in app.stages(config).items()}


def test_one_language_is_as_ever() -> None:
    stages = chosen()
    assert not [name for name in stages if " " in name]
    assert stages["stt"].languages == ("en",)  # type: ignore[attr-defined]


def test_ears_are_told_all_languages_and_the_fallback_speaks_the_others() -> None:
    stages = chosen(other_languages="[de, fr, en]", tts__fallback__voice="en-us+f3")
    assert stages["stt"].languages == ("en", "de", "fr")  # type: ignore[attr-defined]
    assert stages["tts"].voice == "en_US-joe-medium"  # type: ignore[attr-defined]
    for code in ("de", "fr"):
        voice = stages[f"tts {code}"]
        assert (voice.language, voice.voice) == (code, "")  # type: ignore[attr-defined]
        assert stages[f"fallback {code}"] == voice


def test_a_voice_may_be_named_for_a_language() -> None:
    config = load(
        environ={}, flags={"other_languages": "[fr]", "tts.voices": "{fr: fr_FR-siwis-medium}"}
    )
    stages = app.stages(config)
    assert stages["tts fr"].config.voice == "fr_FR-siwis-medium"  # type: ignore[attr-defined]
    assert app.needed_models([stages["tts fr"]]) == ["piper-fr_FR-siwis-medium"]
    assert stages["fallback fr"].config.language == "fr"  # type: ignore[attr-defined]


def test_a_language_that_nothing_speaks_is_told() -> None:
    with pytest.raises(ConfigError, match=r"tts\.voices: nothing speaks 'fr'"):
        chosen(other_languages="[fr]", tts__fallback="null")


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        ({"language": "auto"}, "other_languages"),
        ({"other_languages": "[it]"}, "there is no pack for 'it'; there are: de, en, es, fr"),
    ],
)
def test_what_cannot_be_spoken_is_told_with_what_can(
    flags: dict[str, str], complaint: str
) -> None:
    with pytest.raises(ConfigError, match=complaint):
        load(environ={}, flags=flags)
