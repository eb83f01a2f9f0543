"""What native libraries write to standard error: chatter stays away, everything else arrives."""

import os
import signal
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")

BEGIN = """
import ctypes, faulthandler, logging, os, subprocess, sys, threading
if "journal" in sys.argv:
    there = os.fstat(2)
    os.environ["JOURNAL_STREAM"] = f"{there.st_dev}:{there.st_ino}"
from assistant.cli.sieve import sift
def native(text):
    ctypes.CDLL(None).write(2, text, len(text))
"""
NOISE = rb"""Expression 'err' failed in 'src/hostapi/alsa/pa_linux_alsa.c', line: 3355
ALSA lib pcm.c:8740:(snd_pcm_recover) underrun occurred
    of which there is more
"""


def run(program: str, *words: str) -> tuple[list[str], int]:
    done = subprocess.run(
        [sys.executable, "-c", BEGIN + program, *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONFAULTHANDLER": "1"},
    )
    return done.stderr.splitlines(), done.returncode


def test_chatter_from_any_thread_stays_away_and_the_rest_arrives() -> None:
    lines, code = run(f"""
sift()
threading.Thread(target=native, args=({NOISE!r},)).start()
native(b"CUDA error: out of memory\\n  in this kernel\\n")
native({NOISE!r})
print("a word of Python's", file=sys.stderr)
subprocess.run(["sh", "-c", "echo ALSA lib of a child >&2; echo an error of a child >&2"])
""")
    assert code == 0
    assert sorted(lines) == [
        "  in this kernel",
        "CUDA error: out of memory",
        "a word of Python's",
        "an error of a child",
    ]


def test_who_looks_for_what_is_wrong_sees_the_chatter_too() -> None:
    lines, _ = run(f"sift(chatter=True); native({NOISE!r})")
    assert lines == NOISE.decode().splitlines()


@pytest.mark.parametrize("how", [signal.SIGABRT, signal.SIGSEGV], ids=lambda how: how.name)
def test_the_last_words_of_a_crash_arrive(how: signal.Signals) -> None:
    lines, code = run(f"""
sift()
native(b"terminate called after throwing an instance of 'std::bad_alloc'\\n  what(): bad")
os.kill(os.getpid(), {int(how)})
""")
    assert code == -how
    text = "\n".join(lines)  # two write there at once, so that lines may meet
    assert "terminate called after throwing an instance of" in text
    assert "what(): bad" in text
    assert "Fatal Python error" in text
    assert 'File "<string>"' in text, "where it was"


def test_a_flood_is_cut_short() -> None:
    lines, _ = run("""
sift()
for number in range(5000):
    native(b"error %d\\n" % number)
""")
    assert lines[:3] == ["error 0", "error 1", "error 2"]
    assert len(lines) < 50


def test_in_the_journal_it_has_a_priority() -> None:
    lines, _ = run(
        f"""
from assistant.cli.live import log_to
sift(chatter=True)
log_to("info")
logging.getLogger("assistant").warning("ours")
native(b"theirs\\n" + {NOISE!r})
""",
        "journal",
    )
    assert sorted(lines)[:2] == ["<4>WARNING assistant: ours", "<4>theirs"]
    assert all(line.startswith("<7>") for line in sorted(lines)[2:])


def test_it_is_no_hindrance_where_standard_error_is_another_one_or_none() -> None:
    lines, code = run("sys.stderr = None; sift(); native(b'ALSA lib as ever\\n')")
    assert (lines, code) == (["ALSA lib as ever"], 0)
    lines, code = run("os.close(2); sift(); native(b'into nothing')")
    assert (lines, code) == ([], 0)
