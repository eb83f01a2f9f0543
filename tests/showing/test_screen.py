import io
import os
import re
import select
import threading

import pytest
from rich.cells import cell_len
from rich.console import Console

from assistant.ports import ANSWER, Seen, SessionState, Span, TurnReport
from assistant.showing.screen import Screen
from assistant.views import (
    Activity,
    Caption,
    Card,
    Countdown,
    Listing,
    Picture,
    Progress,
    Status,
)

WAIT = 10
STATE = SessionState(
    activity="listening",
    muted=False,
    turns=0,
    microphone="USB Audio",
    speaker=None,
    ears="Whisper tiny.en",
    mind="SmolLM2-135M",
    voice="joe",
)
TOKYO = TurnReport(
    1, "what time is it?", "It is five.", "answered", (Span(1, ANSWER, 2.0, 2.714),)
)


class Paper(io.StringIO):
    """Keeps each write, and tells when one with some words came."""

    def __init__(self) -> None:
        super().__init__()
        self.frames: list[str] = []
        self._more = threading.Condition()

    def write(self, text: str) -> int:
        with self._more:
            self.frames.append(text)
            self._more.notify_all()
        return len(text)

    def wait_for(self, words: str) -> str:
        with self._more:
            assert self._more.wait_for(lambda: self._with(words), WAIT), words
            return self._with(words)[0]

    def _with(self, words: str) -> list[str]:
        return [frame for frame in self.frames if words in plain(frame)]


def plain(frame: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", frame)


def seen_by_eye(frames: list[str]) -> list[str]:
    """What a terminal shows after these frames: a very small one, of our few control codes."""
    rows, column = [""], 0
    for token in re.findall(r"\x1b\[[0-9;]*[mK]|\r|\n|[^\x1b\r\n]+|.", "".join(frames)):
        match token:
            case "\r":
                column = 0
            case "\n":
                rows.append("")
                column = 0
            case "\x1b[K":
                rows[-1] = rows[-1][:column]
            case _ if token.startswith("\x1b["):
                assert token.endswith("m"), token
            case _:
                assert token.isprintable(), repr(token)
                rows[-1] = (
                    rows[-1][:column].ljust(column) + token + rows[-1][column + len(token) :]
                )
                column += len(token)
    return [row.rstrip() for row in rows]


def terminal(paper: io.StringIO, width: int = 80) -> Console:
    return Console(file=paper, force_terminal=True, width=width, color_system="standard")


def shown(*views: Seen, width: int = 80) -> list[str]:
    paper = Paper()
    with Screen(terminal(paper, width)) as screen:
        for view in views:
            screen(view)
    return [row for row in seen_by_eye(paper.frames) if row]


def test_the_first_screen_names_what_runs_in_five_lines_and_how_to_stop() -> None:
    paper = Paper()
    with Screen(terminal(paper)) as screen:
        screen.welcome(STATE)
    assert [row for row in seen_by_eye(paper.frames) if row] == [
        " microphone  USB Audio",
        " speaker     none",
        " ears        Whisper tiny.en",
        " mind        SmolLM2-135M",
        " voice       joe",
        " Speak when you like; Ctrl-C ends the conversation.",
    ]


def test_a_turn_that_is_over_stays() -> None:
    assert shown(TOKYO) == [
        " you         what time is it?",
        " assistant   It is five. (0.71 s)",
    ]


@pytest.mark.parametrize(
    ("report", "rows"),
    [
        (TurnReport(1, "uh", "", "nothing"), []),
        (TurnReport(1, "", "Dinner.", "answered"), [" assistant   Dinner."]),
        (
            TurnReport(1, "tell me more", "He was", "interrupted"),
            [" you         tell me more", " assistant   He was (interrupted)"],
        ),
        (
            TurnReport(1, "hello", "", "failed", failure="the mind is slow"),
            [" you         hello", " assistant   the mind is slow"],
        ),
        (
            TurnReport(1, "[bold]x[/] [/red] :smile: 42", "a\x1b[31m\r\nb\x07", "answered"),
            [" you         [bold]x[/] [/red] :smile: 42", " assistant   a [31m  b"],
        ),
    ],
)
def test_how_a_turn_went_can_be_read(report: TurnReport, rows: list[str]) -> None:
    assert shown(report) == rows


def test_long_answers_wrap_under_their_beginning() -> None:
    said = "one two three four five six seven eight nine ten eleven"
    assert shown(TurnReport(1, "count", said, "answered"), width=40) == [
        " you         count",
        " assistant   one two three four five six",
        "             seven eight nine ten eleven",
    ]


def test_the_waterfall_is_shown_when_asked_for() -> None:
    paper = Paper()
    with Screen(terminal(paper), waterfall=lambda spans: f"{len(spans)} spans") as screen:
        screen(TOKYO)
    assert seen_by_eye(paper.frames)[-2] == "             1 spans"


def test_the_living_line_follows_the_conversation_and_goes_at_the_end() -> None:
    paper = Paper()
    with Screen(terminal(paper)) as screen:
        screen(Status(Activity.LISTENING))
        assert plain(paper.wait_for("listening")).startswith("\r ○ listening")
        screen(Status(Activity.HEARING))
        screen(Caption(1, "you", "what time", stable=4))
        frame = paper.wait_for("● hearing")
        assert plain(frame).startswith("\r ● hearing   what time")
        assert "what\x1b[2m time\x1b[0m" in frame  # dim: it may still change
        screen(Status(Activity.THINKING))
        paper.wait_for("◌ thinking  what time")
        screen(Status(Activity.SPEAKING, "It is five."))
        paper.wait_for("▶ speaking  It is five.")
        screen(TOKYO)
        screen(Status(Activity.LISTENING))
        paper.wait_for("assistant   It is five.")
    rows = seen_by_eye(paper.frames)
    assert rows[-1] == ""
    assert rows[-2] == " assistant   It is five. (0.71 s)"
    assert not any("listening" in row for row in rows)


@pytest.mark.parametrize("width", [80, 40, 25])
def test_the_living_line_never_wraps_and_shows_the_newest_words(width: int) -> None:
    texts = (
        "word " * 60 + "end",
        "東京タワー" * 30 + "end",
        "🙂 👍🏽" * 40 + "end",
        "a\nb\x1b[2Jend",
    )
    for text in texts:
        paper = Paper()
        with Screen(terminal(paper, width)) as screen:
            screen(Countdown("eggs", 272) if width > 25 else Status(Activity.LISTENING))
            screen(Status(Activity.HEARING, text))
            paper.wait_for("end")
        for frame in paper.frames:
            line = plain(frame).replace("\x1b[K", "").removeprefix("\r")
            assert cell_len(line) < width
            assert line.isprintable()


def test_what_runs_beside_is_at_the_end_of_the_line_until_it_is_over() -> None:
    paper = Paper()
    with Screen(terminal(paper)) as screen:
        screen(Countdown("eggs", 272))
        screen(Progress(3, "a picture", 0.5))
        paper.wait_for("eggs 4:32  a picture 50%")
        screen(Progress(3, "a picture", 1.0))
        screen(Countdown("eggs", None))
        screen(Status(Activity.MUTED))
        assert "eggs" not in paper.wait_for("muted").rpartition("time is up")[2]
    assert seen_by_eye(paper.frames)[-2] == " eggs: the time is up"


def test_what_is_shown_and_not_said_stays() -> None:
    assert shown(
        Card("Milk", "two litres"),
        Card("Tea"),
        Listing("Timers", ("eggs", "tea")),
        Picture(b"", "image/png", "a cat"),
    ) == [" Milk  two litres", " Tea", " Timers", "   - eggs", "   - tea", " [picture: a cat]"]


def test_nothing_is_written_while_nothing_changes() -> None:
    paper = Paper()
    with Screen(terminal(paper)) as screen:
        screen(Status(Activity.LISTENING))
        paper.wait_for("listening")
        for _ in range(100):
            screen(Status(Activity.LISTENING))
    assert len(paper.frames) == 2  # the line, and its end


def test_a_line_that_changes_all_the_time_is_written_ten_times_a_second() -> None:
    paper = Paper()
    patience = threading.Event()
    with Screen(terminal(paper)) as screen:
        for number in range(70):
            screen(Status(Activity.HEARING, f"word {number}"))
            patience.wait(0.005)
        paper.wait_for("word 69")
    assert len(paper.frames) <= 2 + 0.005 * 70 * 10 * 4  # a busy machine takes longer


class Stuck(Paper):
    """A terminal that stands still from its first write on."""

    def __init__(self) -> None:
        super().__init__()
        self.entered, self.go_on = threading.Event(), threading.Event()

    def write(self, text: str) -> int:
        self.entered.set()
        self.go_on.wait(WAIT)
        return super().write(text)


def test_a_terminal_that_stands_still_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.showing.terminal.CLOSING", 0.01)
    paper = Stuck()
    with Screen(terminal(paper)) as screen:
        screen(Status(Activity.LISTENING))
        assert paper.entered.wait(WAIT)
        for number in range(2000):
            screen(Status(Activity.HEARING, f"word {number}"))
            screen(TOKYO)
    assert paper.frames == []  # all of that, and the end, while the first write stood
    paper.go_on.set()
    paper.wait_for("assistant   It is five.")


class Gone(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(5, f"Input/output error, {len(text)} letters lost")


def test_a_terminal_that_is_gone_is_no_fault() -> None:
    with Screen(terminal(Gone())) as screen:
        screen(TOKYO)
        screen(Status(Activity.LISTENING))


def test_in_a_pipe_there_are_the_turns_alone_each_at_once() -> None:
    reader, writer = os.pipe()
    with os.fdopen(writer, "w") as pipe, Screen(Console(file=pipe, width=40)) as screen:
        screen.welcome(STATE)
        screen(Status(Activity.HEARING, "what"))
        screen(Caption(1, "you", "what time"))
        for turn in range(3):
            long = "a long answer " * 10
            screen(TurnReport(turn, "what time is it?", long, "answered", TOKYO.spans))
            expected = f"you: what time is it?\nassistant: {long.strip()} (0.71 s)\n".encode()
            received = b""
            while len(received) < len(expected):
                assert select.select([reader], [], [], WAIT)[0]
                received += os.read(reader, 1000)
            assert received == expected
    os.close(reader)


def test_without_colours_and_without_unicode_it_still_reads() -> None:
    raw = io.BytesIO()
    paper = io.TextIOWrapper(raw, encoding="ascii", newline="\n")
    console = Console(file=paper, force_terminal=True, width=30, no_color=True)
    with Screen(console) as screen:
        screen(Status(Activity.HEARING, "naïve " * 20))
        screen(TOKYO)
    paper.flush()
    text = raw.getvalue().decode("ascii")
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", text)
    assert " assistant   It is five." in plain(text)


def test_a_line_from_elsewhere_goes_above_the_living_one() -> None:
    paper = Paper()
    with Screen(terminal(paper)) as screen:
        screen(Status(Activity.LISTENING))
        paper.wait_for("listening")
        screen.line("the speaker was gone")
        frame = plain(paper.wait_for("the speaker was gone"))
    assert frame.startswith("\r\x1b[Kthe speaker was gone\n ○ listening")
