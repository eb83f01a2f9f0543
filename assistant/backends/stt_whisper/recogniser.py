"""From sound to a transcript that can be believed: decode, doubt, decode with all context."""

from dataclasses import dataclass, replace
from functools import partial

from assistant.backends.stt_whisper.decoder import WINDOW_S, Decoded, Decoder
from assistant.backends.stt_whisper.guard import (
    UNSPACED,
    Doubt,
    Evidence,
    Segment,
    collapsed,
    count,
    doubt,
    first_copy,
    within,
)
from assistant.ports import RATE, UNTOLD, Samples, Tongue, Transcript, Word
from assistant.worker import Worker

THOROUGH_S = 12.0
"""Silence added for the second decode of what is doubtful. The whole window (30 s) takes twice as
long and finds as many noises to be none (112 of 120)."""
_SHORTEST_S = 0.1
"""Less sound than this holds no word."""
_REST_S = 1.0
"""Less sound than this after the last segment is no reason for another decode."""
_TIMED_S = 8.0
"""Longer windows may have to be trimmed by whoever streams, so their words get exact times."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How hard to try: silence added after the speech in seconds, beams, beams when in doubt."""

    pad_s: float
    beam: int
    doubtful_beam: int


@dataclass(frozen=True, slots=True)
class _Part:
    """What was understood of one window."""

    text: str
    segments: tuple[Segment, ...]
    words: tuple[Word, ...]
    evidence: Evidence
    doubtful: bool
    resumes: float | None
    tongue: Tongue


class Whisper:
    """A `Recogniser`: one model, one thread; a decode that has begun runs to its end."""

    def __init__(self, decoder: Decoder, worker: Worker, effort: Effort, name: str) -> None:
        self._decoder, self._worker, self._effort = decoder, worker, effort
        self.name = name

    async def recognise(
        self, samples: Samples, *, stream: int, final: bool, tongue: Tongue = UNTOLD
    ) -> Transcript:
        """Understand sound of any length; 30 s at a time, between which others get their turn.

        A final text that is in doubt is decoded again with the whole context. Raises
        `BackendError` if the engine fails.
        """
        if len(samples) < _SHORTEST_S * RATE:
            return Transcript("", covers=len(samples), no_speech=1.0, tongue=tongue)
        parts: list[tuple[float, _Part]] = []
        at, length = 0, round(WINDOW_S * RATE)
        while at < len(samples):
            window = samples[at : at + length]
            more = at + length < len(samples)
            part = await self._worker.run(
                partial(self._window, window, tongue, thorough=final),
                urgent=final,
                stream=stream,
            )
            after, tongue = _after(part, more=more), part.tongue
            parts.append((at / RATE, _before(part, after) if more else part))
            if after is None:
                break
            at += max(round(after * RATE), round(_REST_S * RATE))
        return self._joined(parts, len(samples))

    def understand(self, samples: Samples) -> str:
        """Understand a short clip in the calling thread, with one decode; for measuring."""
        return self._window(samples, UNTOLD, thorough=False).text

    def free(self) -> None:
        """Free the model, in the calling thread; nothing can be recognised any more."""
        self._decoder.free()

    def _window(self, samples: Samples, tongue: Tongue, *, thorough: bool) -> _Part:
        effort, seconds = self._effort, len(samples) / RATE
        decoded = self._decoder.decode(
            samples, pad_s=effort.pad_s, beam=effort.beam, tongue=tongue
        )
        part, why = self._believed(decoded, seconds)
        if why is not None and thorough:
            again = self._decoder.decode(
                samples,
                pad_s=THOROUGH_S,
                beam=effort.doubtful_beam,
                tongue=replace(decoded.tongue, sure=True),
            )
            second, still = self._believed(again, seconds)
            part, decoded = (
                (part, decoded) if _keeps(part, why, second, still) else (second, again)
            )
            part = _settled(part, why, still)
        if part.text and seconds > _TIMED_S:
            exact = self._decoder.words(decoded, len(part.segments))
            part = _timed(part, exact)
        return part

    def _believed(self, decoded: Decoded, seconds: float) -> tuple[_Part, Doubt | None]:
        language = decoded.tongue.code
        kept = within(decoded.segments, seconds)
        glue = "" if language in UNSPACED else " "
        whole = glue.join(segment.text for segment in kept)
        text = first_copy(whole, count(whole, language) / max(seconds, 1.0))
        cut = len(kept) < len(decoded.segments) or text != whole
        evidence = Evidence(
            seconds, decoded.logprob, decoded.no_speech, capped=decoded.capped and not cut
        )
        why = doubt(text, evidence, language)
        if why is Doubt.NOBODY:
            text, kept = "", []
        segments = tuple(kept)
        words = _spread(segments, text, seconds)
        tongue, doubtful = decoded.tongue, why is not None
        return _Part(text, segments, words, evidence, doubtful, decoded.resumes, tongue), why

    def _joined(self, parts: list[tuple[float, _Part]], length: int) -> Transcript:
        tongue = parts[-1][1].tongue
        glue = "" if tongue.code in UNSPACED else " "
        return Transcript(
            glue.join(part.text for _, part in parts if part.text),
            covers=length,
            words=tuple(
                Word(word.text, word.start + offset, word.end + offset)
                for offset, part in parts
                for word in part.words
            ),
            logprob=min(part.evidence.logprob for _, part in parts),
            no_speech=min(part.evidence.no_speech for _, part in parts),
            doubtful=any(part.doubtful for _, part in parts),
            tongue=tongue if self._decoder.tells else UNTOLD,
        )


def _keeps(first: _Part, why: Doubt, second: _Part, still: Doubt | None) -> bool:
    """Tell whether the first decode is better than the second, with the whole context."""
    if why is not Doubt.UNLIKELY or still is None:
        return False
    return still is Doubt.CAPPED or second.evidence.logprob < first.evidence.logprob


def _settled(part: _Part, why: Doubt, still: Doubt | None) -> _Part:
    """Make the best of a text that is doubtful even with the whole context."""
    if why is Doubt.NOBODY and still is not None:
        return replace(part, text="", segments=(), words=())
    if still in {Doubt.CAPPED, Doubt.FAST}:
        return replace(part, text=collapsed(part.text), words=())
    return part


def _after(part: _Part, *, more: bool) -> float | None:
    """Return where in the window to go on, or `None` if all of it is understood."""
    seconds = part.evidence.seconds
    if part.resumes is not None and seconds - part.resumes >= _REST_S:
        return part.resumes
    if not more:
        return None
    last = part.segments[-1] if part.segments else None
    if last is None or len(part.segments) == 1:
        return min(last.end, seconds) if last is not None and last.end > _REST_S else seconds
    return last.start  # the last one may be cut off: it is decoded once more


def _before(part: _Part, seconds: float | None) -> _Part:
    """Keep what lies before a point at which the next window begins."""
    if seconds is None:
        return part
    kept = tuple(segment for segment in part.segments if segment.start < seconds)
    if len(kept) == len(part.segments):
        return part
    text = " ".join(segment.text for segment in kept)
    words = tuple(word for word in part.words if word.start < seconds)
    return replace(part, text=text, segments=kept, words=words)


def _spread(segments: tuple[Segment, ...], text: str, seconds: float) -> tuple[Word, ...]:
    """Time the words of a text by its segments, within one by their length."""
    words: list[Word] = []
    left = len(text.split())
    for segment in segments:
        texts = segment.text.split()[:left]
        left -= len(texts)
        end = max(segment.start, min(segment.end, seconds))
        letters = sum(len(word) + 1 for word in texts) or 1
        a_letter, at = (end - segment.start) / letters, segment.start
        for word in texts:
            words.append(Word(word, at, at + (len(word) + 1) * a_letter))
            at = words[-1].end
    return tuple(words)


def _timed(part: _Part, exact: list[Word]) -> _Part:
    """Take the exact times if they are of the same words."""
    if [word.text for word in exact] != [word.text for word in part.words]:
        return part
    return replace(part, words=tuple(exact))
