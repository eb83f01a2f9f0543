"""What can be told, and answered, without a mind that sees.

Text, codes and light, colours, faces and motion. Nothing is kept of a picture but, of the newest
one of each source, 48 by 48 levels of grey, in which nothing can be read.
"""

from dataclasses import dataclass, field, replace

from assistant.languages.pack import Pack, normalised
from assistant.languages.sight import SightWords
from assistant.looking.colours import listed, main, middle
from assistant.looking.light import Grey, light, moved, thumbnail
from assistant.looking.page import has_text, page_in
from assistant.looking.paragraphs import packed, paragraphs
from assistant.looking.reading import PAUSE
from assistant.ports import CodeReader, FaceFinder, Pixels, Shot, Sight, Source, TextReader

SPOKEN = 400
"""Letters of a text that are said at once."""
ENOUGH = 3
"""Letters or digits that are a text; fewer are a stain."""
LEGIBLE = 0.6
"""Confidence below which what was read is a guess, and is not told."""


@dataclass(slots=True)
class LocalEyes:
    """`ports.Eyes`; a part that is not there is said to be missing."""

    pack: Pack
    reader: TextReader | None = None
    codes: CodeReader | None = None
    faces: FaceFinder | None = None
    _looks: dict[Source, Grey] = field(default_factory=dict)

    async def tell(self, sight: Sight, shot: Shot) -> str:
        """Return what is seen, in a few sentences. Raises `BackendError`."""
        says = self.pack.sight.says
        match sight:
            case "text":
                return await self._text(shot)
            case "codes":
                return await self._codes(shot.pixels) or says["no code"]
            case "colours":
                return self._colours(shot.pixels)
            case "light":
                seen = light(shot.pixels)
                return says["dark" if seen == "covered" else seen]
            case "faces":
                return await self._faces(shot.pixels)
            case "motion":
                return self._motion(shot)

    async def answer(self, question: str, shot: Shot) -> str:
        """Answer a visual question as far as text, codes, colours and light go."""
        says = self.pack.sight.says
        sight = asked(question, self.pack.sight)
        if sight is not None and sight != "text":
            return await self.tell(sight, shot)
        if light(shot.pixels) in {"covered", "dark"} and shot.source == "camera":
            return says["dark"]
        codes = "" if self.codes is None else await self._codes(shot.pixels)
        text = await self.read_aloud(shot)
        told = [says["read"].format(text=text)] if text else []
        told += [codes] if codes else []
        if sight == "text":
            return " ".join(told) or says["no text" if self.reader else "cannot read"]
        if not told:
            return f"{says['no mind']} {self._colours(shot.pixels)}"
        return " ".join(told)

    async def read_aloud(self, shot: Shot) -> str:
        """Return what a picture says, as it can be said; nothing where nothing can be read.

        A long text has pauses (`reading.PAUSE`), at which a listener may say "go on".
        """
        page = await page_in(shot, self.reader)
        kept = tuple(line for line in page.lines if line.confidence >= LEGIBLE)
        text = " ".join(line.text for line in kept)
        if sum(letter.isalnum() for letter in text) < ENOUGH:
            return ""
        if len(text) <= SPOKEN:
            return text
        return PAUSE.join(packed(paragraphs([replace(page, lines=kept)]), SPOKEN))

    async def _text(self, shot: Shot) -> str:
        says = self.pack.sight.says
        if self.reader is None and not has_text(shot):
            return says["cannot read"]
        text = (await page_in(shot, self.reader)).text
        return text if sum(map(str.isalnum, text)) >= ENOUGH else says["no text"]

    async def _codes(self, pixels: Pixels) -> str:
        says = self.pack.sight.says
        if self.codes is None:
            return says["cannot scan"]
        found = await self.codes.codes(pixels)
        return " ".join(says["code"].format(kind=code.kind, text=code.text) for code in found)

    def _colours(self, pixels: Pixels) -> str:
        words = self.pack.sight
        whole, inner = (
            [words.colours[name] for name in main(part)] for part in (pixels, middle(pixels))
        )
        key = "colours" if set(inner) <= set(whole) and inner[0] == whole[0] else "middle"
        both = (listed(names, words.says["and"]) for names in (whole, inner))
        return words.says[key].format(**dict(zip(("colours", "middle"), both, strict=True)))

    async def _faces(self, pixels: Pixels) -> str:
        says = self.pack.sight.says
        if self.faces is None:
            return says["cannot count"]
        count = len(await self.faces.faces(pixels))
        return says[("nobody", "one face")[count] if count < 2 else "faces"].format(count=count)  # noqa: PLR2004

    def _motion(self, shot: Shot) -> str:
        says = self.pack.sight.says
        now = thumbnail(shot.pixels)
        before = self._looks.get(shot.source)
        self._looks[shot.source] = now
        if before is None:
            return says["first look"]
        place = moved(before, now)
        return says["still"] if place is None else says["moved"].format(where=says[place])


def asked(question: str, words: SightWords) -> Sight | None:
    """Tell what of a picture a question is about; `None`: what is in it, which takes a mind."""
    said = normalised(question)
    kinds: tuple[Sight, ...] = ("codes", "light", "motion", "faces", "colours", "text")
    for kind in kinds:
        for phrase in map(normalised, words.asks[kind]):
            if any(said[at : at + len(phrase)] == phrase for at in range(len(said))):
                return kind
    return None
