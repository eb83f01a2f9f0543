"""Lines with priorities where stderr is the journal, and nowhere else."""

import subprocess
import sys

PROGRAM = """
import logging, os, sys
if sys.argv[1] == "journal":
    there = os.fstat(2)
    os.environ["JOURNAL_STREAM"] = f"{there.st_dev}:{there.st_ino}"
else:
    os.environ["JOURNAL_STREAM"] = "1:1"
from assistant.cli.live import log_to
shown = []
log_to("debug", shown.append)
log = logging.getLogger("assistant.x")
log.debug("a")
log.info("b")
log.warning("c\\nd")
log.error("e")
print(shown)
from assistant.cli.main import main
main(["config", "check", "--config", "/nowhere"])
"""


def run(where: str) -> tuple[list[str], str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, where],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 78
    return done.stderr.splitlines(), done.stdout


def test_in_the_journal_each_line_has_its_priority() -> None:
    lines, shown = run("journal")
    assert lines[:5] == [
        "<7>DEBUG assistant.x: a",
        "<6>INFO assistant.x: b",
        "<4>WARNING assistant.x: c",
        "<4>d",
        "<3>ERROR assistant.x: e",
    ]
    assert lines[5].startswith("<3>assistant: /nowhere")
    assert shown == "[]\n", "nothing goes to the screen instead"


def test_a_variable_that_was_inherited_says_nothing() -> None:
    lines, shown = run("elsewhere")
    assert lines[0].startswith("assistant: /nowhere")
    assert "'WARNING assistant.x: c\\nd'" in shown
