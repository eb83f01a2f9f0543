"""What is read aloud of a page, a paragraph at a time."""

from collections.abc import Sequence

from assistant.looking.page import Page, blocks, height_of, rows
from assistant.ports import TextLine

APART = 0.9
"""Heights of a line between two lines that are of two paragraphs."""
SHORT = 0.75
"""A line that fills so much less of the column ends a paragraph, if a sentence ends there."""
LARGER = 1.4
"""A heading is so much larger than what follows."""
LONGEST = 600
"""Letters that are read at once: about 40 seconds; longer ones are parted at a sentence."""
_ENDS = ".!?:"


def paragraphs(pages: Sequence[Page]) -> list[str]:
    """Return the paragraphs of a document in the order in which they are read."""
    found: list[str] = []
    for page in pages:
        for block in blocks(page.lines):
            for run in _runs([_line(row) for row in rows(block)]):
                found += parted(_joined([line.text for line in run]))
    return found


def packed(texts: Sequence[str], longest: int) -> list[str]:
    """Return short paragraphs together, and long ones parted, in pieces of about one length."""
    pieces: list[str] = []
    for text in (part for whole in texts for part in parted(whole, longest)):
        if pieces and len(pieces[-1]) + len(text) < longest:
            pieces[-1] += f" {text}"
        else:
            pieces.append(text)
    return pieces


def _line(row: tuple[TextLine, ...]) -> TextLine:
    boxes = [piece.box for piece in row]
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right, bottom = max(box[2] for box in boxes), max(box[3] for box in boxes)
    return TextLine(" ".join(piece.text for piece in row), (left, top, right, bottom))


def _runs(lines: Sequence[TextLine]) -> list[list[TextLine]]:
    """Part lines where a gap, an indent, a heading or a short line says so."""
    high = height_of(lines)
    widest = max((line.box[2] for line in lines), default=0)
    found: list[list[TextLine]] = []
    for line in lines:
        before = found[-1][-1] if found else None
        if before is None or _parts(before, line, high, widest):
            found.append([line])
        else:
            found[-1].append(line)
    return found


def _parts(before: TextLine, line: TextLine, high: float, widest: int) -> bool:
    if line.box[1] - before.box[3] > APART * high:
        return True
    sizes = sorted((before.box[3] - before.box[1], line.box[3] - line.box[1]))
    if sizes[1] > LARGER * max(1, sizes[0]):
        return True
    if line.box[0] - before.box[0] > high and before.text.rstrip()[-1:] in _ENDS:
        return True
    short = before.box[2] - before.box[0] < SHORT * (widest - before.box[0])
    return short and (before.text.rstrip()[-1:] in _ENDS + "," or line.text[:1].isupper())


def _joined(lines: Sequence[str]) -> str:
    """Join lines; a word that was parted at a hyphen is whole again."""
    text = ""
    for line in lines:
        if text.endswith("-") and text[-2:-1].isalpha() and line[:1].islower():
            text = text[:-1] + line
        else:
            text = f"{text} {line}".strip()
    return text


def parted(text: str, longest: int = LONGEST) -> list[str]:
    """Part what has more letters than `longest` at the ends of sentences, or of words."""
    found = []
    while len(text) > longest:
        at = max(text.rfind(f"{end} ", 0, longest) + 1 for end in _ENDS)
        at = at or text.rfind(" ", 0, longest)
        at = at if at > 0 else longest
        found.append(text[:at].strip())
        text = text[at:].strip()
    return [*found, text] if text else found
