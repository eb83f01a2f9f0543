"""`assistant chat` in a terminal of its own, with a model server on loopback."""

import asyncio
import signal
from pathlib import Path

import pytest

from assistant.testing.http_mind import HttpMind, Mode
from tests.real.daemon import EARS, clip, environment, in_terminal, model_server, silence

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


def test_an_interrupted_answer_of_the_running_assistant_ends_there(
    env: dict[str, str], tmp_path: Path
) -> None:
    peer = HttpMind(text=ANSWER, mode=Mode.STALL_MIDWAY)
    heard = clip(tmp_path / "heard.wav", silence(120))
    device = ("-s", "device.backend=file", "-s", f"device.clips=['{heard}']")
    with (
        model_server(peer) as mind,
        in_terminal("run", *EARS, *device, *mind, env=env) as daemon,
    ):
        daemon.until("listening")
        with in_terminal("chat", env=env) as terminal:
            terminal.until("> ")
            terminal.type("How many?\n")
            daemon.until("thinking")
            assert not peer.hung_up.is_set()
            terminal.process.send_signal(signal.SIGINT)
            terminal.until(PROMPT)
            daemon.until("listening")
            asyncio.run(hung_up(peer))
            peer.mode = Mode.ANSWER
            terminal.type("And now?\n")
            terminal.until(rf"{ANSWER}{PROMPT}")


async def hung_up(peer: HttpMind) -> None:
    """Wait for what happens in the thread of the peer."""
    async with asyncio.timeout(5):
        while not peer.hung_up.is_set():  # noqa: ASYNC110 - of another loop
            await asyncio.sleep(0.02)


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
