"""Every configuration on the page `docs/minds.md` is one that the assistant takes."""

import re
from pathlib import Path

import pytest
import yaml

from assistant.config import load

PAGE = Path(__file__).parents[2] / "docs" / "minds.md"
SECTIONS = re.findall(r"^```yaml\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
KEYS = dict.fromkeys(("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "OPENROUTER_API_KEY"), "x")


def test_there_is_one_for_each_mind() -> None:
    text = " ".join(SECTIONS).lower()
    for name in ("claude", "gpt", "11434", "8000", "1234", "8080", "openrouter", "llava", "qwen"):
        assert name in text
    assert "paligemma" in text


@pytest.mark.parametrize("text", SECTIONS)
def test_it_is_taken_as_it_stands(text: str, tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(text)
    config = load(file, environ=KEYS)
    assert config.llm.backend == yaml.safe_load(text)["llm"]["backend"]
