"""A reader of text, of codes and of faces that find what they are told to."""

from assistant.errors import AssistantError
from assistant.ports import Box, Code, Pixels, TextLine


class ScriptedReader:
    """A fake of `ports.TextReader`; the last answer comes again and again.

    `shown` keeps the shapes (height, width) of what it was given. An answer that is an error is
    raised.
    """

    name = "a scripted reader"

    def __init__(self, *answers: tuple[TextLine, ...] | AssistantError) -> None:
        self.shown: list[tuple[int, int]] = []
        self._answers = answers or ((),)

    async def read(self, pixels: Pixels) -> tuple[TextLine, ...]:
        """Return the next answer."""
        height, width = pixels.shape[:2]
        self.shown.append((height, width))
        answer = self._answers[min(len(self.shown), len(self._answers)) - 1]
        if isinstance(answer, AssistantError):
            raise answer
        return answer


class ScriptedCodes:
    """A fake of `ports.CodeReader`."""

    def __init__(self, *codes: Code) -> None:
        self._codes = codes

    async def codes(self, pixels: Pixels) -> tuple[Code, ...]:
        """Return the codes, whatever is shown."""
        del pixels
        return self._codes


class ScriptedFaces:
    """A fake of `ports.FaceFinder`."""

    def __init__(self, *faces: Box) -> None:
        self._faces = faces

    async def faces(self, pixels: Pixels) -> tuple[Box, ...]:
        """Return the faces, whatever is shown."""
        del pixels
        return self._faces
