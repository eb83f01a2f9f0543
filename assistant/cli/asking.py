"""Questions at a terminal or through a pipe; where nobody answers, what is suggested holds."""

import os
import select
import sys
from collections.abc import Callable, Mapping

from rich.console import Console
from rich.text import Text

PATIENCE = 60.0
"""Seconds that something which is no person may take for a line; a terminal has all the time."""
_CHUNK = 4096


class Asked:
    """Asks on a console, reads lines from stdin. Ctrl-C goes through."""

    def __init__(self, console: Console, *, yes: bool = False) -> None:
        """`yes`: take every suggestion, unattended."""
        self.console = console
        self._source = None if sys.stdin is None else _descriptor()
        self._rest = b""
        self.alone = yes or self._source is None
        """Nobody answers (any more)."""

    def sure(self, question: str, *, suggested: bool = True) -> bool:
        """Ask for yes or no."""
        while True:
            answer = self._answer(question, "Y/n" if suggested else "y/N").lower()
            if not answer:
                return suggested
            if answer in {"y", "yes", "n", "no"}:
                return answer[0] == "y"
            self._complain("y or n, please")

    def choose(self, question: str, options: Mapping[str, str], suggested: str) -> str:
        """Ask for one of several by number or name; return its name."""
        names = list(options)
        self.console.print(Text(question, "bold"))
        for number, name in enumerate(names, start=1):
            mark = ">" if name == suggested else " "
            self.console.print(Text(f" {mark} {number}  {name:<12} {options[name]}".rstrip()))
        while True:
            answer = self._answer("number or name", suggested)
            if not answer:
                return suggested
            if answer.isdigit() and 0 < int(answer) <= len(names):
                return names[int(answer) - 1]
            near = [name for name in names if name.lower().startswith(answer.lower())]
            if answer in options or len(near) == 1:
                return answer if answer in options else near[0]
            self._complain(f"1 to {len(names)}, or a name of the list, please")

    def text(self, question: str, suggested: str, wrong: Callable[[str], str]) -> str:
        """Ask for a line; `wrong` says what is not right about one, or nothing."""
        while True:
            answer = self._answer(question, suggested) or suggested
            if not (complaint := wrong(answer)) or (self.alone and answer == suggested):
                return answer
            self._complain(complaint)

    def _complain(self, what: str) -> None:
        self.console.print(Text(f"  {what}", "yellow"), soft_wrap=True)

    def _answer(self, question: str, suggested: str) -> str:
        """Return a line, stripped; nothing for what is suggested."""
        hint = f" [{suggested}]" if suggested else ""
        self.console.print(Text.assemble((question, "bold"), hint, " "), end="", soft_wrap=True)
        if self.alone:
            self.console.print()
            return ""
        self.console.file.flush()
        line = self._line()
        if line is None:
            self.alone = True
            self.console.print("\n(nobody answers: from here on what is suggested holds)")
            return ""
        if not os.isatty(self._source or 0):
            self.console.print(Text(line))  # a terminal has shown it already
        return line.strip()

    def _line(self) -> str | None:
        """Return the next line; `None` at the end."""
        assert self._source is not None  # noqa: S101 - else it is alone
        while b"\n" not in self._rest:
            if not os.isatty(self._source):
                ready, _, _ = select.select([self._source], [], [], PATIENCE)
                if not ready:
                    return None
            try:
                part = os.read(self._source, _CHUNK)
            except OSError:  # closed, or a terminal that has gone
                part = b""
            if not part:
                if not self._rest:
                    return None
                self._rest += b"\n"
            self._rest += part
        line, _, self._rest = self._rest.partition(b"\n")
        return line.decode(errors="replace")


def _descriptor() -> int | None:
    """Return stdin's descriptor; `None` where there is no such thing."""
    try:
        return sys.stdin.fileno()
    except (OSError, ValueError):
        return None
