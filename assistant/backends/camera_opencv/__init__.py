"""Cameras: devices through OpenCV; recordings, sequences, MJPEG and RTSP streams through PyAV.

places   what a name, a number, a path or an address means
packets  what comes from a stream or a recording, decoded as far as somebody looks
watch    the thread that keeps the newest frames of an open camera
shots    which of them is taken
camera   the port
"""

import asyncio
import importlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from assistant.backends.camera_opencv.camera import Config, OpenCvCamera
from assistant.errors import BackendUnavailable
from assistant.worker import Worker

__all__ = ["Config", "OpenCvCamera", "open"]


@asynccontextmanager
async def open(config: Config) -> AsyncIterator[OpenCvCamera]:
    """Yield a camera that is closed until it is armed. Raises `BackendUnavailable`."""
    loading = Worker("camera library")  # it takes a quarter of a second, which no shot has
    try:
        library = await loading.run(_library)
    finally:
        loading.close()
    camera = OpenCvCamera(config, library, asyncio.get_running_loop())
    try:
        yield camera
    finally:
        await camera.close()


def _library() -> Any:
    try:
        cv2: Any = importlib.import_module("cv2")
    except ImportError:
        raise BackendUnavailable(
            "camera",
            "it needs the Python package opencv-python-headless: pip install 'assistant[eyes]'",
        ) from None
    logging = cv2.utils.logging
    logging.setLogLevel(logging.LOG_LEVEL_SILENT)  # what goes wrong is told by us, in words
    cv2.setNumThreads(1)
    importlib.import_module("av")  # for `packets`
    return cv2
