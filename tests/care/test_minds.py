"""Model servers of this machine are found, and the place of a key is told from a key."""

from pathlib import Path

import pytest

from assistant.care.minds import KeyRefused, NoServer, Server, ask, look
from assistant.cli.choosing_mind import _wrong_address, _wrong_place
from assistant.cli.wishes import Wishes
from assistant.config import load
from assistant.testing.http_mind import HttpMind
from tests.real.daemon import model_server


def test_servers_that_run_here_are_found_and_others_left_out() -> None:
    peer = HttpMind()
    with model_server(peer):
        nobody = ("nobody", "http://127.0.0.1:9/v1")
        (found,) = look((nobody, ("llama.cpp", peer.base_url)), {})
        (named,) = look((nobody,), {"OLLAMA_HOST": f"127.0.0.1:{peer.port}"})
    assert found == Server("llama.cpp", peer.base_url, (peer.model,))
    assert (named.name, named.url) == ("Ollama", peer.base_url)


def test_models_that_do_not_converse_are_not_offered() -> None:
    server = Server("x", "", ("llama3.2", "nomic-embed-text", "whisper-1", "gpt-image-2"))
    assert server.models == ("llama3.2",)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/v1", "http://", "http://[::1/v1", "nonsense"])
def test_an_address_without_a_server(url: str) -> None:
    with pytest.raises(NoServer):
        ask(url, reach=0.5)


def test_a_refused_key_is_not_a_server_that_is_away() -> None:
    assert issubclass(KeyRefused, NoServer)


@pytest.mark.parametrize(
    "key",
    [
        "sk-abcdefgh",
        "sk-proj-Abc123",
        "gsk_Abcdefghijklmnopqrst123",
        "AIzaSyA1bcdefghijklmnopqrstuv",
        "0123456789abcdef0123456789abcdef",
        "x" * 70,
    ],
)
def test_a_key_is_told_from_the_place_of_one_and_not_repeated(key: str) -> None:
    complaint = _wrong_place(key)
    assert "looks like the key itself" in complaint
    assert key not in complaint


def test_the_places_of_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    assert "is not set here" in _wrong_place("OPENAI_API_KEY")
    monkeypatch.setenv("OPENAI_API_KEY", "x")
    assert _wrong_place("OPENAI_API_KEY") == ""
    assert _wrong_place("credential:llm") == ""
    assert "cannot be read" in _wrong_place(f"file:{tmp_path}/key")
    (tmp_path / "key").write_text("x")
    assert _wrong_place(f"file:{tmp_path}/key") == ""


def test_an_address_holds_no_password() -> None:
    assert _wrong_address("https://api.openai.com/v1") == ""
    assert _wrong_address("ftp://x") != ""
    assert "no key or password" in _wrong_address("https://me:secret@host/v1")


def test_only_what_differs_is_a_wish(tmp_path: Path) -> None:
    empty = tmp_path / "config.yaml"
    empty.touch()
    wishes = Wishes(load(empty, environ={}))
    assert wishes.now("device.microphone") is None
    assert wishes.now("stt.model") == "auto"
    wishes.set("turns.mode", "always")
    assert wishes.changes == {}
    wishes.set("turns.mode", "push")
    wishes.set("llm.backend", "openai")
    assert wishes.now("turns.mode") == "push"
    assert wishes.backends() == {"llm": "openai"}
    wishes.set("turns.mode", "always")
    assert wishes.changes == {"llm.backend": "openai"}
