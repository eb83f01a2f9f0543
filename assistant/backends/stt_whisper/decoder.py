"""Whisper on CTranslate2: one window of sound to timed segments, with as little padding as wanted.

The published recipe pads every window to 30 s; the encoder takes less, and then costs less. What
is added is silence as the model knows it: the lowest value of the window's mel spectrogram.
(faster-whisper adds zeros, a noise in mid-range; after a short window that makes Whisper loop.)
"""

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer
from numpy.typing import NDArray

from assistant.backends.stt_whisper.detection import told
from assistant.backends.stt_whisper.guard import UNSPACED, Segment
from assistant.errors import BackendError, ConfigError, ModelError
from assistant.ports import RATE, UNTOLD, Samples, Tongue, Word

WINDOW_S = 30.0
"""What Whisper can take at once."""
FRAMES_PER_S = 100
_STEP = 50
"""Windows are rounded up to so many mel frames, which avoids a trap: what the encoder makes of 160
frames (256 with large-v3) has 80 (128) rows, as many as a spectrogram has bands, and `generate`
would take it for one and encode it again."""
_TICK = 0.02
"""Seconds of a timestamp token."""
_CAP = 12
"""Tokens that any sound may give, however short: two timestamps and a few words."""
_CAP_PER_S = {"en": 8}
"""Tokens that a second of speech may give: English has 1.3 a word; others up to five."""
_CAP_PER_S_ELSEWHERE = 20
_CAP_MOST = 224
"""Half of the decoder's positions, as published."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """What one decode of one window gave."""

    segments: tuple[Segment, ...]
    tokens: tuple[tuple[int, ...], ...]
    """The text tokens of each segment."""
    logprob: float
    no_speech: float
    capped: bool
    resumes: float | None
    """Seconds at which Whisper says that another segment begins that it did not write."""
    encoded: Any
    """The encoder's output, for `Decoder.words`."""
    frames: int
    """Mel frames of the sound, without padding."""
    tongue: Tongue
    """The language it was decoded in."""


class Decoder:
    """A loaded model. Not for two threads at a time; a decode cannot be stopped."""

    def __init__(
        self,
        directory: Path,
        *,
        device: str,
        compute_type: str,
        threads: int,
        languages: Sequence[str],
    ) -> None:
        """Load it. `languages`: what may be spoken; what usually is comes first.

        Raises `ModelError` if it is damaged, `BackendError` if a GPU cannot load it, `ConfigError`
        if it does not know one of the languages.
        """
        self.name = directory.name
        ctranslate2.set_log_level(logging.CRITICAL)  # it writes to stderr by itself
        try:
            self._whisper = WhisperModel(
                str(directory),
                device=device,
                compute_type=compute_type,
                cpu_threads=threads,
                local_files_only=True,
            )
        except (RuntimeError, ValueError, OSError) as wrong:
            if device != "cpu":
                message = f"the GPU cannot load {self.name} ({_line(wrong)})"
                raise BackendError("whisper", message) from wrong
            raise ModelError(
                self.name,
                f"cannot be loaded ({_line(wrong)}); `assistant models check` tells more",
            ) from wrong
        self.compute_type = compute_type
        self.device = str(self._whisper.model.device)
        self._tokenizers = {code: self._speaking(code) for code in languages}
        self._usual = languages[0]
        self.tells = len(self._tokenizers) > 1
        """It tells which of several languages is spoken."""
        self._suppressed = self._never()

    def decode(
        self, samples: Samples, *, pad_s: float, beam: int, tongue: Tongue = UNTOLD
    ) -> Decoded:
        """Understand up to 30 s of sound. `pad_s`: silence added, `WINDOW_S` for all of it.

        `tongue`: what was spoken so far.
        """
        mel = self._mel(samples[: round(WINDOW_S * RATE)], pad_s)
        try:
            encoded = self._whisper.encode(mel)
            tongue = self._tongue(encoded, tongue, len(samples) / RATE)
            most = _most(len(samples) / RATE, tongue.code)
            prompt = self._tokenizers[tongue.code].sot_sequence
            result = self._whisper.model.generate(
                encoded,
                [prompt],
                beam_size=beam,
                max_length=2 * most,  # CTranslate2 writes half as many: the rest is for prompts
                return_scores=True,
                return_no_speech_prob=True,
                suppress_tokens=self._suppressed,
            )[0]
        except RuntimeError as wrong:
            raise BackendError("whisper", f"the engine failed: {_line(wrong)}") from wrong
        tokens: list[int] = result.sequences_ids[0]
        segments, texts, resumes = self._segments(tokens, len(samples) / RATE)
        return Decoded(
            segments=segments,
            tokens=texts,
            logprob=result.scores[0] * len(tokens) / (len(tokens) + 1),
            no_speech=result.no_speech_prob,
            capped=len(tokens) >= most,
            resumes=resumes,
            encoded=encoded,
            frames=min(mel.shape[1], len(samples) // (RATE // FRAMES_PER_S)),
            tongue=tongue,
        )

    def words(self, decoded: Decoded, kept: int) -> list[Word]:
        """Time the words of the first `kept` segments by the decoder's attention.

        Costs about as much as three tokens; a failure of the alignment gives no words.
        """
        tokens = [token for text in decoded.tokens[:kept] for token in text]
        if not tokens:
            return []
        frames = [decoded.frames]
        code = decoded.tongue.code
        tokenizer = self._tokenizers[code]
        prompt = tokenizer.sot_sequence
        found = self._whisper.model.align(decoded.encoded, prompt, [tokens], frames)[0]
        if not found.alignments:
            return []
        texts, parts = tokenizer.split_to_word_tokens([*tokens, tokenizer.eot])
        token_at, time_at = (np.array(side) for side in zip(*found.alignments, strict=True))
        first = np.concatenate([[True], np.diff(token_at) > 0])
        times = time_at[first] * _TICK
        starts = np.cumsum([0, *(len(part) for part in parts[:-1])])
        words: list[Word] = []
        for text, start, end in zip(texts, starts, starts[1:], strict=False):
            begin, finish = (float(times[min(at, len(times) - 1)]) for at in (start, end))
            glued = not text.startswith(" ") and code not in UNSPACED
            if words and glued:
                last = words[-1]
                words[-1] = Word(last.text + text.strip(), last.start, finish)
            else:
                words.append(Word(text.strip(), begin, finish))
        return [word for word in words if word.text]

    def free(self) -> None:
        """Free the model's memory and threads now, not when Python gets to it."""
        del self._whisper

    def _mel(self, samples: Samples, pad_s: float) -> NDArray[np.float32]:
        extract = self._whisper.feature_extractor
        mel = extract(samples.astype(np.float32) / -np.iinfo(np.int16).min)[:, :-1]
        wanted = math.ceil((mel.shape[1] + pad_s * FRAMES_PER_S) / _STEP) * _STEP
        frames = int(min(wanted, WINDOW_S * FRAMES_PER_S))
        mel = mel[:, :frames]
        padding = [(0, 0), (0, frames - mel.shape[1])]
        padded: NDArray[np.float32] = np.pad(mel, padding, constant_values=float(mel.min()))
        return padded.astype(np.float32)

    def _tongue(self, encoded: Any, before: Tongue, seconds: float) -> Tongue:
        """Find out which language it is in, where that is in question: a step of the decoder."""
        if before.code not in self._tokenizers:
            before = Tongue(self._usual, before.sure)
        if before.sure or not self.tells:
            return before
        found = self._whisper.model.detect_language(encoded)[0]
        likely = {token.strip("<|>"): probability for token, probability in found}
        return told({code: likely[code] for code in self._tokenizers}, before.code, seconds)

    def _segments(
        self, tokens: list[int], seconds: float
    ) -> tuple[tuple[Segment, ...], tuple[tuple[int, ...], ...], float | None]:
        """Split at the timestamps; text that no timestamp ends lasts to the end of the sound."""
        tokenizer = self._tokenizers[self._usual]  # text and times are the same in all
        zero = tokenizer.timestamp_begin
        found: list[tuple[float, float, tuple[int, ...]]] = []
        start, text = 0.0, []
        for token in tokens:
            if token < zero:
                text.append(token)
                continue
            time = (token - zero) * _TICK
            if text:
                found.append((start, time, tuple(text)))
                text = []
            start = time
        if text:
            found.append((start, max(start, seconds), tuple(text)))
        segments = (
            Segment(begin, end, tokenizer.decode(list(part)).strip()) for begin, end, part in found
        )
        twice = tokens[-2:] and all(token >= zero for token in tokens[-2:]) and len(found) > 0
        return tuple(segments), tuple(part for *_, part in found), start if twice else None

    def _speaking(self, language: str) -> Tokenizer:
        model = self._whisper
        if language not in model.supported_languages:
            known = "English" if not model.model.is_multilingual else "Whisper's languages"
            raise ConfigError(
                "stt.model",
                f"{self.name} understands only {known}, and the language is {language!r}; "
                "choose a model without `.en`, for example `base`",
            )
        return Tokenizer(
            model.hf_tokenizer, model.model.is_multilingual, task="transcribe", language=language
        )

    def _never(self) -> list[int]:
        """List the tokens that are no speech: signs, brackets, music, the control tokens."""
        speaks = self._tokenizers[self._usual]
        control = (speaks.transcribe, speaks.translate, speaks.sot, speaks.sot_prev)
        others = (speaks.sot_lm, speaks.no_speech)
        ids = {*speaks.non_speech_tokens, *control, *others}
        return sorted(token for token in ids if token is not None)


def _most(seconds: float, language: str) -> int:
    rate = _CAP_PER_S.get(language, _CAP_PER_S_ELSEWHERE)
    return min(_CAP_MOST, _CAP + math.ceil(rate * seconds))


def _line(wrong: Exception) -> str:
    return str(wrong).strip().splitlines()[0] if str(wrong).strip() else type(wrong).__name__
