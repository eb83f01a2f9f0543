import json
import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.backends.stt_whisper.choice import (
    QUICK_S,
    Means,
    Wish,
    choose,
    probe,
)
from assistant.backends.stt_whisper.decoder import Decoder
from assistant.backends.stt_whisper.names import catalogue_name
from assistant.errors import BackendError, BackendUnavailable, ModelError
from assistant.ports import RATE
from assistant.testing import tiny_whisper


class Machine:
    """A machine with some models, some GPUs, and decodes of known length.

    The models are real ones, of 2 MB; a GPU is this CPU under another name.
    """

    def __init__(self, tmp_path: Path, *here: str) -> None:
        self.root = tmp_path / "models"
        self.here = list(here)
        self.fetchable: list[str] = []
        self.gpus = 0
        self.gpu_hears = "what time is it"
        self.gpu_failure: BackendError | None = None
        self.too_large: list[str] = []
        self.seconds: dict[str, float] = {}
        self.loaded: list[tuple[str, str, str]] = []
        self.memory = tmp_path / "cache" / "whisper.json"
        self._time = 0.0
        self._device = ""

    def choose(
        self, model: str = "auto", device: str = "auto", language: str = "en", kind: str = "auto"
    ) -> Decoder:
        wish = Wish(model, device, kind, 1, (language,))  # type: ignore[arg-type]
        return choose(
            wish,
            Means(
                here=lambda name: self._path(name, self.here),
                ensure=lambda name: self._path(name, self.here + self.fetchable),
                load=self._load,
                understood=self._understood,
                gpus=lambda: self.gpus,
                memory=self.memory,
                clock=lambda: self._time,
            ),
        )

    def _path(self, name: str, names: list[str]) -> Path:
        if Path(name).is_dir():
            return Path(name)
        if name not in names:
            raise ModelError(name, "it is not here")
        if not (self.root / name).exists():
            tiny_whisper.write(self.root / name, [0.0, " what time is it", 1.0])
        return self.root / name

    def _load(self, directory: Path, device: str, compute_type: str) -> Decoder:
        self.loaded.append((directory.name, device, compute_type))
        self._device = device
        if directory.name in self.too_large and device == "cuda":
            raise BackendError("whisper", f"the GPU cannot load {directory.name} (out of memory)")
        return Decoder(directory, device="cpu", compute_type="int8", threads=1, languages=("en",))

    def _understood(self, decoder: Decoder) -> str:
        if self._device == "cuda":
            if self.gpu_failure:
                raise self.gpu_failure
            return self.gpu_hears
        self._time += self.seconds.get(decoder.name, 0.1)
        return "what time is it"


@pytest.fixture
def machine(tmp_path: Path) -> Callable[..., Machine]:
    return lambda *here: Machine(tmp_path, *here)


def test_the_probe_is_three_seconds_of_sound() -> None:
    clip = probe()
    assert clip.dtype == "int16"
    assert 2.5 <= len(clip) / RATE <= 3.5


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("tiny.en", "whisper-tiny.en"),
        ("whisper-base", "whisper-base"),
        ("hf:someone/whisper", "hf:someone/whisper"),
        ("./models/mine", "./models/mine"),
        ("~/mine", "~/mine"),
    ],
)
def test_names_of_models(model: str, name: str) -> None:
    assert catalogue_name(model) == name


def test_what_is_asked_for_is_taken(machine: Callable[..., Machine]) -> None:
    here = machine("whisper-tiny.en", "whisper-base")
    assert here.choose("tiny.en").name == "whisper-tiny.en"
    assert here.loaded == [("whisper-tiny.en", "cpu", "int8")]


def test_a_precision_that_is_asked_for_is_taken(machine: Callable[..., Machine]) -> None:
    here = machine("whisper-tiny.en")
    here.choose("tiny.en", kind="float32")
    assert here.loaded == [("whisper-tiny.en", "cpu", "float32")]


def test_a_model_that_is_nowhere_is_a_model_error(machine: Callable[..., Machine]) -> None:
    with pytest.raises(ModelError, match="whisper-small"):
        machine().choose("small")


def test_auto_takes_the_largest_that_is_quick(machine: Callable[..., Machine]) -> None:
    here = machine("whisper-tiny.en", "whisper-base", "whisper-small", "whisper-medium")
    here.seconds = {"whisper-base": 0.2, "whisper-small": QUICK_S}
    assert here.choose().name == "whisper-base"
    assert "whisper-medium" not in {name for name, *_ in here.loaded}


def test_auto_measures_once(machine: Callable[..., Machine]) -> None:
    here = machine("whisper-tiny.en", "whisper-base", "whisper-small")
    here.seconds = {"whisper-base": 0.2, "whisper-small": 0.9}
    here.choose()
    here.loaded.clear()
    assert here.choose().name == "whisper-base"
    assert [name for name, *_ in here.loaded] == ["whisper-base"]


@pytest.mark.parametrize("memory", ["", "[]", "{", json.dumps({"a": "b"})])
def test_a_damaged_memory_is_measured_again(machine: Callable[..., Machine], memory: str) -> None:
    here = machine("whisper-tiny.en", "whisper-base")
    here.memory.parent.mkdir()
    here.memory.write_text(memory)
    assert here.choose().name == "whisper-base"
    assert "whisper-base" in here.memory.read_text()


def test_auto_takes_the_smallest_however_slow(machine: Callable[..., Machine]) -> None:
    here = machine("whisper-tiny.en", "whisper-base")
    here.seconds = {"whisper-tiny.en": 3.0, "whisper-base": 6.0}
    assert here.choose().name == "whisper-tiny.en"


@pytest.mark.parametrize(("language", "name"), [("en", "whisper-tiny.en"), ("de", "whisper-base")])
def test_auto_fetches_the_smallest_if_none_is_here(
    machine: Callable[..., Machine], language: str, name: str
) -> None:
    here = machine()
    here.fetchable = ["whisper-tiny.en", "whisper-base", "whisper-small"]
    assert here.choose(language=language).name == name


def test_an_english_model_is_no_choice_for_another_language(
    machine: Callable[..., Machine],
) -> None:
    here = machine("whisper-tiny.en", "whisper-base", "whisper-small.en")
    assert here.choose(language="de").name == "whisper-base"


def test_a_gpu_that_works_gets_the_largest(machine: Callable[..., Machine]) -> None:
    here = machine("whisper-tiny.en")
    here.gpus, here.fetchable = 1, ["whisper-large-v3-turbo"]
    assert here.choose().name == "whisper-large-v3-turbo"
    assert here.loaded == [
        ("whisper-tiny.en", "cuda", "float16"),
        ("whisper-large-v3-turbo", "cuda", "float16"),
    ]


def test_a_gpu_out_of_reach_of_the_largest_keeps_what_is_here(
    machine: Callable[..., Machine],
) -> None:
    here = machine("whisper-tiny.en")
    here.gpus = 1
    assert here.choose().name == "whisper-tiny.en"
    assert here.loaded[-1][1] == "cuda"


def test_a_gpu_too_small_for_the_largest_keeps_what_is_here(
    machine: Callable[..., Machine],
) -> None:
    here = machine("whisper-tiny.en", "whisper-large-v3-turbo")
    here.gpus, here.too_large = 1, ["whisper-large-v3-turbo"]
    assert here.choose().name == "whisper-tiny.en"
    here.too_large += ["whisper-tiny.en"]
    assert here.choose("tiny.en").name == "whisper-tiny.en"
    assert here.loaded[-1][1] == "cpu"


@pytest.mark.parametrize("fault", ["empty", "failure"])
def test_a_gpu_that_gives_no_text_is_not_used(
    machine: Callable[..., Machine], caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    here = machine("whisper-tiny.en")
    here.gpus = 1
    if fault == "empty":
        here.gpu_hears = " "
    else:
        here.gpu_failure = BackendError("whisper", "the engine failed: no libcublas")
    with caplog.at_level(logging.WARNING):
        assert here.choose().name == "whisper-tiny.en"
    assert here.loaded[-1][1:] == ("cpu", "int8")
    assert "GPU is not used" in caplog.text


def test_a_gpu_that_is_asked_for_must_work(machine: Callable[..., Machine]) -> None:
    here = machine("whisper-tiny.en")
    with pytest.raises(BackendUnavailable, match=r"no GPU.*stt\.device"):
        here.choose(device="cuda")
    here.gpus, here.gpu_hears = 1, ""
    with pytest.raises(BackendUnavailable, match=r"no text.*stt\.device"):
        here.choose(device="cuda")


def test_a_gpu_is_left_alone_if_the_cpu_is_asked_for(machine: Callable[..., Machine]) -> None:
    here = machine("whisper-tiny.en")
    here.gpus = 1
    here.choose("tiny.en", device="cpu")
    assert here.loaded == [("whisper-tiny.en", "cpu", "int8")]
