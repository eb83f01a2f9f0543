import io
import json
import subprocess
import sys

import pytest
from rich.console import Console

from assistant.backends.device_sounddevice import SoundDevice
from assistant.cli.devices import how_to_choose, table


def device(index: int, name: str, inputs: int, outputs: int, **default: bool) -> SoundDevice:
    return SoundDevice(
        index=index,
        name=name,
        host_api="ALSA",
        inputs=inputs,
        outputs=outputs,
        rate=48_000,
        default_input=default.get("microphone", False),
        default_output=default.get("speaker", False),
    )


FOUND = [
    device(0, "HDA Intel [PCH]: ALC257 (hw:0,0)", 2, 2, speaker=True),
    device(1, "USB Headset", 1, 2, microphone=True),
    device(2, "HDMI 0", 0, 8),
]


def printed(width: int) -> list[str]:
    page = io.StringIO()
    Console(file=page, width=width).print(table(FOUND))
    return page.getvalue().splitlines()


def test_a_device_is_a_line_with_its_sides_and_what_it_is_the_default_for() -> None:
    lines = [line.split() for line in printed(100)]
    assert ["1", "USB", "Headset", "ALSA", "1", "2", "48000", "Hz", "microphone"] in lines
    assert ["2", "HDMI", "0", "ALSA", "-", "8", "48000", "Hz"] in lines
    assert any("[PCH]:" in line and line[-1] == "speaker" for line in lines)


def test_nothing_is_cut_at_eighty_columns() -> None:
    lines = printed(80)
    assert max(map(len, lines)) <= 80
    assert "…" not in "".join(lines)


def test_it_says_how_to_choose_with_devices_that_are_there() -> None:
    text = how_to_choose(FOUND[1:]).plain
    assert 'microphone: "USB Headset"' in text
    assert 'speaker: "USB Headset"' in text
    assert "microphone" not in how_to_choose(FOUND[2:]).plain.partition("or, for once")[0]


@pytest.mark.real
def test_the_verb_works_on_whatever_machine_this_is() -> None:
    def typed(*arguments: str) -> str:
        return subprocess.run(
            [sys.executable, "-m", "assistant", "devices", *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout

    found = json.loads(typed("--json"))
    assert isinstance(found, list)
    assert ("No microphone and no speaker" in typed()) is (found == [])
