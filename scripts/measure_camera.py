"""What a camera costs while it is kept warm, and how old its pictures are: over RTSP, real time.

    scripts/measure_camera.py [--seconds 20] [--group 60] [--recording]

The camera is another program on loopback: 1280 x 720 with noise, 30 frames a second.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from assistant.backends import camera_opencv
from assistant.testing.rtsp import RtspCamera, clip

WIDTH, HEIGHT, RATE = 1280, 720, 30
SHOTS = 20


def frames(number: int) -> list[np.ndarray]:
    """Return a rough picture that moves, with the noise of a sensor."""
    random = np.random.default_rng(1)
    rough = np.kron(random.integers(0, 255, (HEIGHT // 40, WIDTH // 40, 3)), np.ones((40, 40, 1)))
    noise = random.integers(-6, 6, (number, HEIGHT, WIDTH, 1))
    return [
        np.clip(np.roll(rough, 4 * index, 1) + noise[index], 0, 255).astype(np.uint8)
        for index in range(number)
    ]


async def serve(group: int) -> None:
    """Be a camera until the other side ends."""
    pieces = clip(frames(group), group, RATE)
    camera = RtspCamera(lambda number: pieces[number % group], RATE)
    async with camera.serve():
        kilobits = sum(map(len, pieces)) / group * RATE * 8 / 1000
        print(camera.url, f"{kilobits:.0f} kbit/s", flush=True)
        await asyncio.to_thread(sys.stdin.read)


async def measure(device: str, seconds: float) -> None:
    """Keep it warm, then take pictures; tell both."""
    config = camera_opencv.Config(device=device)
    loop = asyncio.get_running_loop()
    async with camera_opencv.open(config) as camera:
        camera.arm()
        await camera.shot()
        await asyncio.sleep(4)  # after which it is no longer likely that somebody looks
        began, spent = loop.time(), time.process_time()
        await asyncio.sleep(seconds)
        share = (time.process_time() - spent) / (loop.time() - began)
        waits, ages = [], []
        for _ in range(SHOTS):
            await asyncio.sleep(0.7)
            asked = loop.time()
            shot = await camera.shot()
            waits.append((loop.time() - asked) * 1000)
            ages.append((loop.time() - shot.at) * 1000)
        camera.disarm()
    print(f"warm: {share:.1%} of a core, {seconds:g} s")
    print(
        f"pictures: {SHOTS}; waited {statistics.median(waits):.0f} ms in the median, "
        f"{max(waits):.0f} at most; old {statistics.median(ages):.0f}, {max(ages):.0f} at most"
    )


async def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--group", type=int, default=60, help="frames from key frame to key frame")
    parser.add_argument("--recording", action="store_true", help="the same as a file")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.serve:
        await serve(wanted.group)
    elif wanted.recording:
        with tempfile.TemporaryDirectory() as place:
            path = Path(place) / "a.h264"
            path.write_bytes(b"".join(clip(frames(wanted.group), wanted.group, RATE)))
            await measure(str(path), wanted.seconds)
    else:
        server = await asyncio.create_subprocess_exec(
            sys.executable,
            *(__file__, "--serve", "--group", str(wanted.group)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        told = await server.stdout.readline() if server.stdout else b""
        address, rate = told.decode().split(maxsplit=1)
        print(rate.strip())
        await measure(address, wanted.seconds)
        await server.communicate(b"")


if __name__ == "__main__":
    asyncio.run(main())
