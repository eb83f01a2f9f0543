"""Every configuration on the page `docs/minds.md` is one that the assistant takes."""

import re
from pathlib import Path

import pytest
import yaml

from assistant.config import load
from assistant.config.shorthand import MINDS

PAGE = Path(__file__).parents[2] / "docs" / "minds.md"
SECTIONS = re.findall(r"^```yaml\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
KEYS = dict.fromkeys(("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "OPENROUTER_API_KEY"), "x")


def test_there_is_one_for_each_mind() -> None:
    text = " ".join(SECTIONS).lower()
    for name in (
        "claude",
        "gpt",
        "ollama",
        "vllm",
        "lmstudio",
        "llamaserver",
        "openrouter",
        "llava",
        "qwen",
    ):
        assert name in text
    assert "paligemma" in text


@pytest.mark.parametrize("text", SECTIONS)
def test_it_is_taken_as_it_stands(text: str, tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(text)
    config = load(file, environ=KEYS)
    written = yaml.safe_load(text)
    (named, *_) = written["minds"] if "minds" in written else [written["llm"]["backend"]]
    name = next(iter(named)) if isinstance(named, dict) else named
    assert config.llm.backend == MINDS.get(name, (name,))[0]


def test_every_short_name_is_on_the_page() -> None:
    text = PAGE.read_text()
    assert [name for name in MINDS if f"| `{name}` |" not in text] == []
