"""Takes the speaker out of the microphone: WebRTC's AEC3, from the wheel of LiveKit.

It works offline; nothing is sent anywhere. https://github.com/livekit/python-sdks (Apache-2.0).
"""

import ctypes
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from assistant.errors import BackendUnavailable
from assistant.ports import FRAME, RATE, EchoCanceller, Samples
from assistant.sound.subtracting import Subtracting
from assistant.worker import Worker

NAME = "echo"


class Config(BaseModel):
    """Settings of the echo canceller."""

    model_config = ConfigDict(extra="forbid")

    noise_suppression: bool = Field(
        default=True, description="lower the noise of the room, too, while echo is cancelled"
    )
    subtract: bool = Field(
        default=True,
        description="where somebody speaks over it, subtract the echo instead of suppressing it: "
        "their words survive; works where microphone and speaker have one clock",
    )
    gain: bool = Field(
        default=False, description="make soft voices louder, too, while echo is cancelled"
    )


class WebRtcCanceller:
    """An `EchoCanceller`: 0.08 ms of a core for each 10 ms."""

    def __init__(self, rtc: Any, config: Config) -> None:
        apm = rtc.AudioProcessingModule(
            echo_cancellation=True,
            noise_suppression=config.noise_suppression,
            high_pass_filter=True,
            auto_gain_control=config.gain,
        )
        apm.set_stream_delay_ms(0)
        try:
            self._calls: _Prepared | _Plain = _Prepared(apm)
        except (ImportError, AttributeError):
            self._calls = _Plain(rtc, apm)

    def process(self, near: Samples, far: Samples) -> Samples:
        """Return the near side without the far side. Raises `BackendUnavailable`."""
        left = np.empty_like(near)
        try:
            for first in range(0, len(near), FRAME):
                part = slice(first, first + FRAME)
                self._calls.play(far[part])
                left[part] = self._calls.hear(near[part])
        except (RuntimeError, AssertionError) as error:
            raise BackendUnavailable(NAME, f"the canceller failed ({error})") from error
        return left


class _Plain:
    """The library's public calls."""

    def __init__(self, rtc: Any, apm: Any) -> None:
        self._frame, self._apm = rtc.AudioFrame, apm

    def play(self, sound: Samples) -> None:
        """Tell what is played."""
        self._apm.process_reverse_stream(self._made(sound))

    def hear(self, sound: Samples) -> Samples:
        """Return what is left of what is heard."""
        heard = self._made(sound)
        self._apm.process_stream(heard)
        return np.frombuffer(heard.data, np.int16)

    def _made(self, sound: Samples) -> Any:
        return self._frame(sound.tobytes(), RATE, 1, FRAME)


class _Prepared:
    """The same calls, each with a request and a buffer that are made once.

    What the library's Python makes anew each time takes a third of all. The names below are not
    public: where they are gone, making one raises ImportError or AttributeError.
    """

    def __init__(self, apm: Any) -> None:
        self._apm = apm  # it ends with the last reference to it
        self._far, self._near = np.zeros(FRAME, np.int16), np.zeros(FRAME, np.int16)
        self._play = _Request(apm, "apm_process_reverse_stream", self._far)
        self._hear = _Request(apm, "apm_process_stream", self._near)

    def play(self, sound: Samples) -> None:
        """Tell what is played."""
        self._far[:] = sound
        self._play()

    def hear(self, sound: Samples) -> Samples:
        """Return what is left of what is heard, until the next call."""
        self._near[:] = sound
        self._hear()
        return self._near


class _Request:
    """A call of the library that works on a buffer."""

    _FINE = 3
    """Bytes of an answer without an error: the tag of the call, and no length."""

    def __init__(self, apm: Any, name: str, buffer: Samples) -> None:
        from livekit.rtc._ffi_client import FfiClient  # noqa: PLC0415 - as `_load`
        from livekit.rtc._proto import ffi_pb2  # noqa: PLC0415

        request = ffi_pb2.FfiRequest()
        fields = getattr(request, name)
        fields.apm_handle = apm._ffi_handle.handle  # noqa: SLF001 - see `_Prepared`
        fields.data_ptr, fields.size = buffer.ctypes.data, buffer.nbytes
        fields.sample_rate, fields.num_channels = RATE, 1
        encoded = request.SerializeToString()
        self._name, self._answer = name, ffi_pb2.FfiResponse
        self._request = (ctypes.c_ubyte * len(encoded)).from_buffer_copy(encoded)
        self._data, self._size = ctypes.POINTER(ctypes.c_ubyte)(), ctypes.c_size_t()
        library = FfiClient.instance._ffi_lib  # noqa: SLF001
        self._send, self._drop = library.livekit_ffi_request, library.livekit_ffi_drop_handle

    def __call__(self) -> None:
        """Make it. Raises RuntimeError with what the library says."""
        handle = self._send(
            self._request,
            len(self._request),
            ctypes.byref(self._data),
            ctypes.byref(self._size),
        )
        if not handle:
            raise RuntimeError("no answer")
        failed = self._size.value != self._FINE
        said = ctypes.string_at(self._data, self._size.value) if failed else b""
        self._drop(ctypes.c_uint64(handle))
        if failed:
            raise RuntimeError(getattr(self._answer.FromString(said), self._name).error)


@asynccontextmanager
async def open(config: Config) -> AsyncIterator[Callable[[], EchoCanceller]]:
    """Load the library and give what makes cancellers. Raises `BackendUnavailable`."""
    worker = Worker("echo")
    try:
        rtc = await worker.run(_load)
    finally:
        worker.close()

    def make() -> EchoCanceller:
        suppress = WebRtcCanceller(rtc, config)
        return Subtracting(suppress) if config.subtract else suppress

    yield make


def _load() -> Any:
    logging.getLogger("livekit").setLevel(logging.ERROR)
    try:
        from livekit import rtc  # noqa: PLC0415 - not everybody has it, and it takes its time
    except (ImportError, OSError) as error:
        raise BackendUnavailable(
            NAME, f"LiveKit's library cannot be loaded ({error}); run: pip install livekit"
        ) from error
    return rtc
