"""The first start: models come with a bar; an interrupt keeps what came; the next one goes on."""

import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import soundfile

from assistant.models import store
from assistant.models.catalogue import shipped
from tests.models.servers import Fault, HubSite, Site
from tests.real.daemon import ENDS_S, assistant, environment, in_terminal

pytestmark = pytest.mark.real

VOICE = "piper-en_US-joe-medium"


@pytest.fixture(scope="module")
def sites() -> Iterator[tuple[HubSite, Site]]:
    """Return a hub that has the voice, byte for byte."""
    here = store.ensure(VOICE)
    with ExitStack() as stack:
        storage = stack.enter_context(Site())
        hub = stack.enter_context(HubSite(storage))
        for file in shipped()[VOICE].files:
            body = (here / file.name).read_bytes()
            hub.add(file.hub.repository, file.hub.path, body, file.hub.revision)
        yield hub, storage


@pytest.fixture
def env(sites: tuple[HubSite, Site], tmp_path: Path) -> dict[str, str]:
    """Return the environment of somebody who has no model yet."""
    env = environment(tmp_path, HF_ENDPOINT=sites[0].url, ASSISTANT_MODELS=f"{tmp_path}/models")
    del env["ASSISTANT_OFFLINE"]
    return env


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_half_a_download_is_resumed(
    how: signal.Signals, sites: tuple[HubSite, Site], env: dict[str, str], tmp_path: Path
) -> None:
    storage = sites[1]
    (large,) = (path for path in storage.pages if path.endswith(".onnx"))
    say = ("say", "Good morning.", "--out", tmp_path / "said.wav")
    storage.faults[large].append(Fault(slow=0.02))
    with in_terminal(*say, env=env) as terminal:
        terminal.until(rf"{VOICE}.* [1-9]\d?\.\d/63\.2 MB")
        code, seconds = terminal.end(how)
    storage.faults[large].clear()
    assert code == 128 + how
    assert seconds < ENDS_S
    assert "Traceback" not in terminal.shown
    assert not (tmp_path / "said.wav").exists()

    storage.requests.clear()
    again = assistant(*say, env=env)
    assert again.returncode == 0, again.stderr
    assert [request.start > 500_000 for request in storage.gets(".onnx")] == [True]
    assert len(soundfile.read(tmp_path / "said.wav")[0]) > 10_000

    storage.requests.clear()
    third = assistant(*say, env=env | {"ASSISTANT_OFFLINE": "1"})
    assert (third.returncode, third.stderr) == (0, "")
    assert not storage.requests


def test_a_wrong_byte_is_told_and_nothing_of_it_kept(
    sites: tuple[HubSite, Site], env: dict[str, str], tmp_path: Path
) -> None:
    storage = sites[1]
    (large,) = (path for path in storage.pages if path.endswith(".onnx"))
    storage.faults[large].append(Fault(flip=1_000_000))
    nowhere = {"PIP_INDEX_URL": sites[0].url, "PIP_RETRIES": "0"}
    ended = assistant("say", "Hello.", "--out", tmp_path / "s.wav", env=env | nowhere)
    storage.faults[large].clear()
    assert ended.returncode == 69
    told = ended.stderr.splitlines()[-1]
    assert told.startswith(f"assistant: {VOICE}: ")
    assert "checksum" in told
    assert not list(Path(env["ASSISTANT_MODELS"]).glob(f"{VOICE}/*"))
