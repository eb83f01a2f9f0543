"""`assistant chat` in a terminal of its own, with a model server on loopback."""

import signal
from pathlib import Path

import pytest

from assistant.testing.http_mind import HttpMind, Mode
from tests.real.daemon import environment, in_terminal, model_server

ANSWER = "A spider has eight legs."
PROMPT = r"\r?\n> "


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return environment(tmp_path)


def test_an_answer_is_interrupted_and_the_chat_goes_on(env: dict[str, str]) -> None:
    peer = HttpMind(text=ANSWER, mode=Mode.STALL_MIDWAY)
    with model_server(peer) as mind, in_terminal("chat", *mind, env=env) as terminal:
        terminal.until("> ")
        terminal.type("How many?\n")
        terminal.until("A spider")
        terminal.process.send_signal(signal.SIGINT)
        terminal.until(rf"A spider\S*{PROMPT}")
        peer.mode = Mode.ANSWER
        terminal.type("And now?\n")
        terminal.until(rf"{ANSWER}{PROMPT}")
        code, _ = terminal.end(signal.SIGINT)  # at the prompt it ends the chat
        assert code == 130


def test_what_breaks_in_mid_answer_is_told_in_a_line_of_its_own(env: dict[str, str]) -> None:
    peer = HttpMind(text=ANSWER, mode=Mode.DROP_MIDWAY)
    with model_server(peer) as mind, in_terminal("chat", *mind, env=env) as terminal:
        terminal.until("> ")
        terminal.type("How many?\n")
        terminal.until(rf"A spider\S*\r?\nassistant: llm: [^\n]+{PROMPT}")


def test_a_timer_rings_in_the_chat_over_what_is_being_typed(env: dict[str, str]) -> None:
    with model_server(HttpMind(text=ANSWER)) as mind:
        with in_terminal("chat", *mind, env=env) as terminal:
            terminal.until("> ")
            terminal.type("set a tea timer for two seconds\n")
            shown = terminal.until(rf"Tea, 2 seconds, starting now\.{PROMPT}")
            assert "once I run again" not in shown
            terminal.type("how ma")
            terminal.until(r"Your tea timer is done\.\r?\n> how ma")
            terminal.type("ny?\n")
            terminal.until(rf"{ANSWER}{PROMPT}")
            terminal.type("stop\n")
            terminal.until(rf"Okay\.{PROMPT}")
            terminal.type("\n")
            assert terminal.process.wait(10) == 0
        with in_terminal("chat", *mind, env=env) as terminal:
            terminal.until("> ")
            terminal.type("how much time is left\n")
            terminal.until("There is no timer")
            assert "tea" not in terminal.shown
