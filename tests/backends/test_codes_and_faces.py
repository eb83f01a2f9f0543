import asyncio
from pathlib import Path

import cv2
import numpy as np
import pytest
import zxingcpp

from assistant.backends import codes_zxing, faces_yunet
from assistant.errors import BackendUnavailable, ModelError
from assistant.ports import Code, Pixels


def found(pixels: Pixels) -> tuple[Code, ...]:
    async def main() -> tuple[Code, ...]:
        async with codes_zxing.open(codes_zxing.Config()) as reader:
            return await reader.codes(pixels)

    return asyncio.run(main())


def code(kind: str, text: str, scale: int = 4) -> Pixels:
    made = zxingcpp.create_barcode(text, getattr(zxingcpp.BarcodeFormat, kind))
    grey = np.asarray(zxingcpp.write_barcode_to_image(made, scale=scale, add_quiet_zones=True))
    return np.repeat(grey[:, :, np.newaxis], 3, axis=2)


@pytest.mark.parametrize(
    ("kind", "text", "spoken"),
    [
        ("QRCode", "https://example.com/a?b=1", "QR code"),
        ("QRCode", "Grüße, 牛乳", "QR code"),
        ("EAN13", "4006381333931", "barcode"),
        ("Code128", "PARCEL-77", "barcode"),
        ("DataMatrix", "0104006381333931", "data matrix code"),
        ("Aztec", "TICKET 12", "Aztec code"),
    ],
)
def test_codes_are_read(kind: str, text: str, spoken: str) -> None:
    (one,) = found(code(kind, text))
    assert (one.text, one.kind) == (text, spoken)


def test_two_codes_are_told_from_top_to_bottom_with_their_places() -> None:
    first, second = code("QRCode", "first"), code("QRCode", "second")
    paper = np.full((500, 900, 3), 255, np.uint8)
    paper[20 : 20 + len(first), 600 : 600 + first.shape[1]] = first
    paper[300 : 300 + len(second), 50 : 50 + second.shape[1]] = second
    codes = found(paper)
    assert [one.text for one in codes] == ["first", "second"]
    assert codes[0].box[0] > 590
    assert codes[1].box[1] > 290


def test_a_turned_dark_and_noisy_code_is_read() -> None:
    flat = code("QRCode", "https://example.com", scale=6)
    side = 500
    turn = cv2.getRotationMatrix2D((flat.shape[1] / 2, flat.shape[0] / 2), 25, 1)
    turn[:, 2] += (side / 2 - flat.shape[1] / 2, side / 2 - flat.shape[0] / 2)
    seen = cv2.warpAffine(flat, turn, (side, side), borderValue=(255, 255, 255)) * 0.3
    seen += np.random.default_rng(0).normal(0, 8, seen.shape)
    assert [one.text for one in found(np.clip(seen, 0, 255).astype(np.uint8))] == [
        "https://example.com"
    ]


@pytest.mark.parametrize("size", [(1, 1), (2, 900), (480, 640)])
def test_no_code_is_no_code(size: tuple[int, int]) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (*size, 3), np.uint8)
    assert found(noise) == ()


def open_faces(model: str) -> None:
    async def main() -> None:
        async with faces_yunet.open(faces_yunet.Config(model=model)):
            raise AssertionError

    asyncio.run(main())


def test_missing_weights_of_faces_say_how_to_get_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSISTANT_MODELS", str(tmp_path))
    with pytest.raises(ModelError, match="assistant models pull yunet"):
        open_faces("yunet")


def test_weights_that_are_none_are_said(tmp_path: Path) -> None:
    (tmp_path / "faces.onnx").write_bytes(b"not a network")
    with pytest.raises(BackendUnavailable, match="cannot be loaded"):
        open_faces(str(tmp_path / "faces.onnx"))
    with pytest.raises(ModelError, match="give the path of one"):
        open_faces(str(tmp_path / "missing.onnx"))
