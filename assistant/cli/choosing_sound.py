"""Which microphone hears you, which speaker you hear, and what comes back of it."""

import asyncio
import re
from collections.abc import Coroutine
from typing import Any, TypeVar

from rich.text import Text

from assistant.backends import device_sounddevice as sound
from assistant.backends.device_sounddevice import SoundDevice, list_devices
from assistant.care import chirp, microphones
from assistant.care.levels import LOUD_SPEECH, NOISY, QUIET_SPEECH
from assistant.care.microphones import Ear
from assistant.cli.asking import Asked
from assistant.cli.meter import meters
from assistant.cli.wishes import Wishes
from assistant.errors import BackendError, leaves

T = TypeVar("T")

LISTENING, ALONE = 15.0, 6.0
"""Seconds for somebody to say something; and where nobody may be there."""
ROUNDS = 3
LEAKS = -45.0
"""dB of an echo below which the microphone does not hear the speaker: headphones, half a metre
of air in between and more."""
_HEADPHONES = re.compile(r"head(phone|set)|ear(phone|bud|pod)", re.IGNORECASE)
NO_MICROPHONE = """\
There is no microphone that can be opened. Plug one in, or start the sound server of this user
(PipeWire, PulseAudio); `assistant doctor` says what is in the way. It goes on without:
set it up again when there is one. `assistant chat` needs none."""
NO_SPEAKER = """\
There is no speaker. Plug one in; until then answers can be read, not heard."""


def offer_microphone(asked: Asked, wishes: Wishes) -> Ear | None:
    """Find the microphone that hears the user, and return it; `None`: none did."""
    wanted = _wish(wishes, "microphone")
    for again in range(ROUNDS):
        try:
            ears, refused = _listen(asked, wanted)
        except BackendError as wrong:
            asked.console.print(Text(f"{wrong}", "yellow"), soft_wrap=True)
            ears, refused = [], {}
        if not ears:
            asked.console.print(Text(NO_MICROPHONE, "yellow"))
            _tell_refused(asked, refused)
            return None
        if (ear := microphones.best(ears, wanted)) is not None:
            _take(asked, wishes, ear, ears)
            return ear
        _tell_deaf(asked, ears)
        _tell_refused(asked, refused)
        if asked.alone or again == ROUNDS - 1 or not asked.sure("Listen once more?"):
            break
    asked.console.print("The microphone is left as it is.\n")
    return None


def _listen(asked: Asked, wanted: str | int | None) -> tuple[list[Ear], dict[str, str]]:
    seconds = ALONE if asked.alone else LISTENING

    async def listen() -> tuple[list[Ear], dict[str, str]]:
        async with microphones.open_all(wanted) as room:
            if room.ears:
                count = len(room.ears)
                which = f"{count} microphones are open" if count > 1 else "The microphone is open"
                asked.console.print(
                    Text.assemble(
                        (f"{which}: please say something", "bold"), f" ({seconds:.0f} s)"
                    )
                )
                with meters(asked.console) as shown:
                    await room.listen(seconds, shown)
            return room.ears, room.refused

    return _run(listen())


def _take(asked: Asked, wishes: Wishes, ear: Ear, ears: list[Ear]) -> None:
    """Say who heard, with advice on the gain."""
    console = asked.console
    told = f"speech {ear.speech:.0f} dBFS, room {ear.noise:.0f} dBFS"
    console.print(Text.assemble("microphone  ", (ear.device.name, "bold"), f"  ({told})"))
    for line in gain_advice(ear.speech, ear.noise, clips=ear.clips):
        console.print(Text(f"            {line}", "yellow"), soft_wrap=True)
    usual = _wish(wishes, "microphone") is None and ear.device.default_input
    if not usual and not microphones.matches(ear.device, _wish(wishes, "microphone")):
        others = [other.device for other in ears]
        wishes.set(
            "device.microphone",
            None if ear.device.default_input else microphones.name_for(ear.device, others),
        )
        if _wish(wishes, "channel") is not None:  # it was of another microphone
            wishes.set("device.channel", None)
    console.print()


def gain_advice(speech: float, noise: float, *, clips: bool) -> list[str]:
    """Return what to do about the level of a voice; nothing if it is right."""
    found = []
    if clips or speech > LOUD_SPEECH:
        found.append("too loud: turn the microphone down in the mixer (pavucontrol, alsamixer)")
    elif speech < QUIET_SPEECH:
        found.append("very soft: turn the microphone up in the mixer, or come nearer")
    if noise > NOISY:
        found.append("the room is noisy: come nearer, or have it listen for its name only")
    return found


def _tell_deaf(asked: Asked, ears: list[Ear]) -> None:
    asked.console.print(Text("No voice was heard:", "yellow"))
    for ear in ears:
        why = (
            "no sound at all: is it muted?" if ear.silent else f"noise only, {ear.noise:.0f} dBFS"
        )
        asked.console.print(Text(f"  {ear.device.name}: {why}"), soft_wrap=True)


def _tell_refused(asked: Asked, refused: dict[str, str]) -> None:
    for name, why in refused.items():
        asked.console.print(Text(f"  {name}: {why}", "dim"), soft_wrap=True)


# ── the speaker ───────────────────────────────────────────────────────────────────────────────


def offer_speaker(asked: Asked, wishes: Wishes, *, hears: bool) -> None:
    """Play a chirp through the speaker until one is heard; measure what comes back.

    `hears`: the microphone has heard somebody, so that its silence says something.
    """
    console = asked.console
    try:
        found = [device for device in list_devices() if device.outputs]
    except BackendError:
        return  # has been told
    speakers = _in_order(found, _wish(wishes, "speaker"))
    if not speakers:
        console.print(Text(NO_SPEAKER, "yellow"))
        return
    for speaker in speakers:
        if not asked.sure(f"Play a chirp through {speaker.name}?"):
            continue
        try:
            echo = _run(chirp.measure(_config(wishes, speaker)))
        except BackendError as wrong:
            console.print(Text(f"{wrong}", "yellow"), soft_wrap=True)
            continue
        _tell(asked, speaker, echo)
        heard = echo.delay_ms is not None or (not asked.alone and asked.sure("Did you hear it?"))
        if heard or asked.alone:
            _keep(wishes, speaker, found)
            _keep_duplex(asked, wishes, speaker, echo, heard=heard and hears)
            console.print()
            return
    console.print("The speaker is left as it is.\n")


def _tell(asked: Asked, speaker: SoundDevice, echo: chirp.Echo) -> None:
    if echo.delay_ms is None or echo.level is None:
        back = "the microphone did not hear it"
    else:
        back = f"the microphone heard it after {echo.delay_ms:.0f} ms, {echo.level:+.0f} dB"
    line = Text.assemble("speaker     ", (speaker.name, "bold"), f"  ({back})")
    asked.console.print(line, soft_wrap=True)
    if echo.clips:
        asked.console.print(
            Text("            too loud for the microphone: turn the speaker down", "yellow")
        )


def _keep(wishes: Wishes, speaker: SoundDevice, found: list[SoundDevice]) -> None:
    wish = _wish(wishes, "speaker")
    if microphones.matches(speaker, wish) or (wish is None and speaker.default_output):
        return
    usual = None if speaker.default_output else microphones.name_for(speaker, found)
    wishes.set("device.speaker", usual)


def _keep_duplex(
    asked: Asked, wishes: Wishes, speaker: SoundDevice, echo: chirp.Echo, *, heard: bool
) -> None:
    """Choose whether it listens while it speaks, from what came back of the chirp."""
    duplex = duplex_for(speaker.name, echo, heard=heard)
    if duplex is None:
        return
    wishes.set("device.duplex", duplex)
    told = {
        "full": "headphones: it listens while it speaks, and may be interrupted",
        "half": "it does not listen while it speaks: what it says would come back to it",
        "auto": "on loudspeakers it does not listen to itself",
    }
    asked.console.print(f"            {told[duplex]}")


def duplex_for(speaker: str, echo: chirp.Echo, *, heard: bool) -> str | None:
    """Return the duplex that a measurement asks for; `None` where it says nothing.

    `heard`: somebody has heard the chirp, and the microphone hears at all.
    """
    if echo.level is not None and echo.level > LEAKS:
        return "half" if _HEADPHONES.search(speaker) else "auto"
    return "full" if heard else None


def _in_order(found: list[SoundDevice], wanted: str | int | None) -> list[SoundDevice]:
    first = [d for d in found if microphones.matches(d, wanted)] if wanted is not None else []
    usual = [device for device in found if device.default_output and device not in first]
    return [*first, *usual, *(d for d in found if d not in first and d not in usual)]


def _config(wishes: Wishes, speaker: SoundDevice) -> sound.Config:
    return sound.Config(microphone=_wish(wishes, "microphone"), speaker=speaker.index)


def _wish(wishes: Wishes, side: str) -> str | int | None:
    wish = wishes.now(f"device.{side}")
    return wish if isinstance(wish, str | int) else None


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Run it; one error comes out of the groups of groups that tasks make of it."""
    try:
        return asyncio.run(work)
    except BaseExceptionGroup as group:
        for leaf in leaves(group):
            if isinstance(leaf, BackendError):
                raise leaf from None
        raise
