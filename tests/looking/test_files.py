"""Files that people hand over, and files that nobody should have to open."""

import io
import struct
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from PIL import Image

from assistant.errors import MediaError
from assistant.looking.encoding import Quality, encode
from assistant.looking.files import LONGEST, check, read
from tests.looking.pictures import BLUE, GREEN, RED, colour_of, jpeg, near, plain, video


def mean(pixels: np.ndarray) -> tuple[int, int, int]:
    red, green, blue = pixels.reshape(-1, 3).mean(axis=0)
    return round(red), round(green), round(blue)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.jpg", {}),
        ("a.png", {}),
        ("a.webp", {"lossless": True}),
        ("a.heic", {}),
        ("a.gif", {}),
        ("no-suffix", {"format": "PNG"}),
        ("wrong-suffix.jpg", {"format": "PNG"}),
    ],
)
def test_a_picture_of_any_usual_kind_is_read(
    tmp_path: Path, name: str, options: dict[str, object]
) -> None:
    if name.endswith("heic"):
        pytest.importorskip("pillow_heif").register_heif_opener()
    Image.fromarray(plain(GREEN)).save(tmp_path / name, **options)  # type: ignore[arg-type]
    (shot,) = read(tmp_path / name, 1.5)
    assert (shot.source, shot.at, shot.pixels.shape) == ("file", 1.5, (240, 320, 3))
    assert near(mean(shot.pixels), GREEN)


@pytest.mark.parametrize("name", ["a.heic", "a.HEIF", "sent-as.jpg"])
def test_heic_without_its_library_names_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    (tmp_path / name).write_bytes(b"\0\0\0\x18ftypheic" + bytes(100))
    with pytest.raises(MediaError, match=r"pillow-heif: pip install 'assistant\[eyes\]'"):
        read(tmp_path / name, 0.0)


def test_heic_is_known_by_its_head(tmp_path: Path) -> None:
    pytest.importorskip("pillow_heif").register_heif_opener()
    Image.fromarray(plain(GREEN)).save(tmp_path / "a.heic")
    (tmp_path / "a.heic").rename(tmp_path / "sent-as.jpg")
    (shot,) = read(tmp_path / "sent-as.jpg", 0.0)
    assert near(mean(shot.pixels), GREEN)


def test_a_photo_is_turned_as_it_was_taken(tmp_path: Path) -> None:
    pixels = plain(BLUE)
    pixels[:40] = RED  # its top
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright
    Image.fromarray(pixels).save(tmp_path / "a.jpg", exif=exif, quality=95)
    (shot,) = read(tmp_path / "a.jpg", 0.0)
    assert shot.pixels.shape == (320, 240, 3)
    assert near(mean(shot.pixels[:, -20:]), RED), "its top is at the right"


def test_nothing_but_the_picture_leaves(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    exif.get_ifd(0x8825)[1] = "N"
    Image.fromarray(plain(RED)).save(
        tmp_path / "a.jpg", exif=exif, comment=b"SecretNote", dpi=(72, 72)
    )
    assert b"SecretCamera" in (tmp_path / "a.jpg").read_bytes()
    (shot,) = read(tmp_path / "a.jpg", 0.0)
    sent = encode(shot.pixels, *Quality().of("glance")).data
    assert b"Secret" not in sent
    with Image.open(io.BytesIO(sent)) as picture:
        assert not picture.getexif()
        assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


@pytest.mark.parametrize(("detail", "side"), [("glance", 1024), ("read", 1568)])
@pytest.mark.parametrize("opencv", [True, False])
def test_it_is_made_as_small_as_its_purpose_allows(
    monkeypatch: pytest.MonkeyPatch, detail: str, side: int, *, opencv: bool
) -> None:
    if not opencv:
        monkeypatch.delitem(sys.modules, "cv2")
    sent = encode(plain(RED, 1920, 1080), *Quality().of(detail))  # type: ignore[arg-type]
    with Image.open(io.BytesIO(sent.data)) as picture:
        assert max(picture.size) == side
        assert abs(picture.width / picture.height - 16 / 9) < 0.01
    assert sent.media_type == "image/jpeg"
    assert near(colour_of(sent.data), RED)


def test_a_small_picture_is_not_enlarged() -> None:
    with Image.open(io.BytesIO(encode(plain(RED, 60, 40), 1024, 80).data)) as picture:
        assert picture.size == (60, 40)


def test_what_is_clear_in_a_picture_becomes_white(tmp_path: Path) -> None:
    Image.new("RGBA", (50, 50), (0, 0, 0, 0)).save(tmp_path / "a.png")
    (shot,) = read(tmp_path / "a.png", 0.0)
    assert mean(shot.pixels) == (255, 255, 255)


def test_16_bits_are_shown_as_8(tmp_path: Path) -> None:
    deep = np.linspace(0, 65535, 100 * 100).reshape(100, 100).astype(np.uint16)
    Image.fromarray(deep).save(tmp_path / "a.png")
    (shot,) = read(tmp_path / "a.png", 0.0)
    assert shot.pixels.min() < 5
    assert shot.pixels.max() > 250


# ── sizes ─────────────────────────────────────────────────────────────────────────────────────


def test_a_photo_of_100_megapixels_is_read_at_an_eighth(tmp_path: Path) -> None:
    side = np.zeros((10_000, 10_000), np.uint8)
    side[:5000] = 200
    Image.fromarray(side).save(tmp_path / "a.jpg", quality=60)
    del side
    (shot,) = read(tmp_path / "a.jpg", 0.0)
    assert max(shot.pixels.shape) <= LONGEST
    assert shot.pixels[10, 10, 0] > 190
    assert shot.pixels[-10, 10, 0] < 10


def bomb(width: int, height: int) -> bytes:
    """Return a PNG of a few kilobytes that claims to hold very many pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(1 << 20), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(10_000, 10_000), (65_535, 65_535), (2_000_000, 2000)])
def test_a_png_bomb_is_refused_before_it_is_decoded(tmp_path: Path, size: tuple[int, int]) -> None:
    (tmp_path / "a.png").write_bytes(bomb(*size))
    with pytest.raises(MediaError, match="million pixels, and 50 is the most; make it smaller"):
        read(tmp_path / "a.png", 0.0)


def test_a_jpeg_that_claims_more_than_there_can_be_is_refused(tmp_path: Path) -> None:
    data = bytearray(jpeg(plain(RED)))
    start = data.index(b"\xff\xc0")
    data[start + 5 : start + 9] = struct.pack(">HH", 65_500, 65_500)
    (tmp_path / "a.jpg").write_bytes(bytes(data))
    with pytest.raises(MediaError, match="4290 million pixels, and 250 is the most"):
        read(tmp_path / "a.jpg", 0.0)


def test_a_file_of_too_many_bytes_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "a.png").open("wb") as file:
        file.write(bomb(10, 10))
        file.truncate(200_000_000)  # sparse: it takes no disk
    with pytest.raises(MediaError, match="it has 200 MB, and 100 is the most"):
        check(tmp_path / "a.png")


# ── damage ────────────────────────────────────────────────────────────────────────────────────


def cut(path: Path) -> None:
    path.write_bytes(jpeg(plain(RED, 800, 600))[:5000])


def cut_png(path: Path) -> None:
    file = io.BytesIO()
    Image.fromarray(plain(RED)).save(file, "PNG")
    path.write_bytes(file.getvalue()[:3000])


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (cut, "damaged or cut off"),
        (cut_png, "damaged or cut off"),
        (lambda path: path.write_bytes(b"\xff\xd8\xff\xe0" + bytes(200)), "it is"),
        (lambda path: path.write_text("a letter"), "it is no picture; give JPEG, PNG"),
        (lambda path: path.write_bytes(b""), "it is empty"),
        (lambda path: path.mkdir(), "it is a directory"),
        (lambda _: None, "it cannot be read .no such file"),
        (lambda path: path.write_bytes(b"%PDF-1.7\n%garbage"), "damaged PDF"),
    ],
)
def test_what_cannot_be_read_says_why_in_one_line(
    tmp_path: Path, make: Callable[[Path], object], says: str
) -> None:
    make(tmp_path / "a")
    with pytest.raises(MediaError, match=says) as failed:
        read(tmp_path / "a", 0.0)
    assert "\n" not in str(failed.value)


def test_a_video_without_frames_is_one(tmp_path: Path) -> None:
    whole = video(tmp_path / "a.avi", [plain(RED)] * 5).read_bytes()
    (tmp_path / "b.avi").write_bytes(whole[:200])
    with pytest.raises(MediaError, match=r"no video|without a single frame"):
        read(tmp_path / "b.avi", 0.0)


def test_a_file_that_only_calls_itself_a_video_is_none(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + bytes(100))
    with pytest.raises(MediaError, match=r"no video|without a single frame"):
        read(tmp_path / "a.mp4", 0.0)


# ── pages and scenes ──────────────────────────────────────────────────────────────────────────


def pdf(path: Path, colours: list[tuple[int, int, int]]) -> Path:
    pages = [Image.fromarray(plain(colour, 200, 280)) for colour in colours]
    pages[0].save(path, "PDF", save_all=True, append_images=pages[1:])
    return path


def test_the_pages_of_a_document_are_pictures(tmp_path: Path) -> None:
    shots = read(pdf(tmp_path / "a.pdf", [RED, GREEN, BLUE]), 0.0)
    assert [shot.place for shot in shots] == ["page 1 of 3", "page 2 of 3", "page 3 of 3"]
    for shot, colour in zip(shots, (RED, GREEN, BLUE), strict=True):
        assert near(mean(shot.pixels[100:-100, 100:-100]), colour)
        assert max(shot.pixels.shape) == LONGEST


def test_of_a_long_document_the_first_pages_are_looked_at(tmp_path: Path) -> None:
    shots = read(pdf(tmp_path / "a.pdf", [RED] * 30), 0.0)
    assert [shot.place for shot in shots][-1] == "page 5 of 30"


def test_a_pdf_with_a_password_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(LOCKED.read_bytes())
    with pytest.raises(MediaError, match="it has a password; save a copy without one"):
        read(tmp_path / "a.pdf", 0.0)


LOCKED = Path(__file__).parent / "locked.pdf"
"""One empty page, encrypted; its password is "open sesame"."""


def test_the_locked_document_opens_with_its_password() -> None:
    with pypdfium2.PdfDocument(LOCKED, password="open sesame") as document:  # noqa: S106
        assert len(document) == 1


def test_a_short_video_becomes_frames_with_their_times(tmp_path: Path) -> None:
    clip = [plain(RED)] * 30 + [plain(GREEN)] * 30 + [plain(BLUE)] * 30
    shots = read(video(tmp_path / "a.avi", clip, 30.0), 0.0)
    assert [shot.place for shot in shots] == [
        *("at 0:00.3", "at 0:00.7", "at 0:01.3", "at 0:01.7", "at 0:02.3", "at 0:02.7"),
    ]
    colours = [RED, RED, GREEN, GREEN, BLUE, BLUE]
    assert all(near(mean(s.pixels), c) for s, c in zip(shots, colours, strict=True))


def test_a_video_of_one_frame_is_one_picture(tmp_path: Path) -> None:
    (shot,) = read(video(tmp_path / "a.avi", [plain(GREEN)]), 0.0)
    assert near(mean(shot.pixels), GREEN)
