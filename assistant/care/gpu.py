"""Whether there is a GPU, and whether the ears really understand a sentence on it."""

import asyncio
import subprocess
import sys
from pathlib import Path

from assistant.backends import stt_whisper
from assistant.backends.stt_whisper.names import catalogue_name
from assistant.care.findings import Finding
from assistant.errors import ModelError
from assistant.models.store import Store

COUNTING, TESTING = 20.0, 60.0
"""Seconds to import the engine; and to load a model on a GPU for the first time."""
NODE = Path("/dev/nvidia0")
"""What the driver of an NVIDIA GPU makes."""
_SIZES = ("tiny.en", "tiny", "base.en", "base", "small.en", "small", "large-v3-turbo")
_COUNT = "import ctranslate2; print(ctranslate2.get_cuda_device_count())"
_TEST = "import sys; from assistant.care.gpu import main; main(sys.argv[1])"


def gpu(store: Store, node: Path = NODE) -> Finding:
    """Have CTranslate2 count GPUs, and understand a spoken sentence on one if there is one."""
    counted = _python(COUNTING, _COUNT)
    count = int(counted.stdout) if counted.stdout.strip().isdigit() else 0
    if not count:
        if not node.exists():
            return Finding("ok", "GPU", "none: ears and mind use the processor")
        why = _last(counted) or "CTranslate2 finds none"
        fix = (
            "install NVIDIA's driver and CUDA 12 (`nvidia-smi` must work), or set stt.device: cpu"
        )
        return Finding("warn", "GPU", f"there is one that CUDA cannot use: {why}", fix)
    seen = f"{count} with CUDA"
    model = _smallest(store)
    if model is None:
        return Finding("ok", "GPU", f"{seen}, not tested: no model for the ears is here")
    tested = _python(TESTING, _TEST, model)
    if tested.returncode or not tested.stdout.strip():
        why = _last(tested) or "a spoken sentence gives no text"
        return Finding("warn", "GPU", f"{seen}, but {why}", "mend the driver, or stt.device: cpu")
    return Finding("ok", "GPU", f"{seen}, understands a sentence with {model}")


def main(model: str) -> None:
    """Print what a model understands of our own test sentence, on a GPU."""

    async def understood() -> str:
        from assistant.backends.stt_whisper.choice import probe  # noqa: PLC0415 - 1 s to import

        config = stt_whisper.Config(model=model, device="cuda")
        async with stt_whisper.open(config) as ears:
            return (await ears.recognise(probe(), stream=1, final=True)).text

    sys.stdout.write(f"{asyncio.run(understood())}\n")


def _smallest(store: Store) -> str | None:
    for size in _SIZES:
        try:
            store.path(catalogue_name(size))
        except ModelError:
            continue
        return size
    return None


def _python(seconds: float, code: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run it in a process of its own: what a driver does to one is its own affair."""
    words = [sys.executable, "-P", "-c", code, *arguments]
    try:
        return subprocess.run(  # noqa: S603 - our own interpreter and words
            words,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        late = f"no answer within {seconds:g} s"
        return subprocess.CompletedProcess(words, 1, "", late)


def _last(ended: "subprocess.CompletedProcess[str]") -> str:
    return (ended.stderr.strip().splitlines() or [""])[-1]
