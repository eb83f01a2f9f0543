"""`assistant see`: which word is the picture, and what is wrong with it."""

from pathlib import Path

import pytest

from assistant.cli.see import parted
from assistant.cli.seeing import checked
from assistant.errors import MediaError


def test_the_first_word_is_a_picture_if_it_is_or_looks_like_a_file(tmp_path: Path) -> None:
    there = tmp_path / "letter"
    there.write_bytes(b"x")
    assert parted([str(there), "who", "wrote", "this?"]) == (there, "who wrote this?")
    assert parted(["missing.jpg", "what is this?"]) == (Path("missing.jpg"), "what is this?")
    assert parted(["What is this?"]) == (None, "What is this?")
    assert parted(["what", "is", "this?"]) == (None, "what is this?")


def test_pictures_are_looked_for_before_anything_is_loaded(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="it cannot be read"):
        checked((tmp_path / "none.jpg",))
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff")
    assert checked((tmp_path / "a.jpg",)) == (str(tmp_path / "a.jpg"),)
