"""Tests how the serving example converts images, for training and for serving."""

import io

import numpy as np
import pytest
from drawing import draw
from images import MAX_PIXELS, BadImage, HugeImage, decode, prepare
from PIL import Image

ORIENTATION = 0x0112


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def pixels(image: Image.Image) -> object:
    return np.asarray(image).tolist()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_upright(orientation: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    image = draw("triangle", 400_000).resize((64, 48))
    content = encoded(image, "JPEG", exif=exif)
    stored = np.asarray(Image.open(io.BytesIO(content)))
    turned = {  # by the standard: where the stored first row and first column appear
        1: stored,  # top, left
        2: stored[:, ::-1],  # top, right
        3: stored[::-1, ::-1],  # bottom, right
        4: stored[::-1],  # bottom, left
        5: stored.transpose(1, 0, 2),  # left, top
        6: stored.transpose(1, 0, 2)[:, ::-1],  # right, top
        7: stored.transpose(1, 0, 2)[::-1, ::-1],  # right, bottom
        8: stored.transpose(1, 0, 2)[::-1],  # left, bottom
    }[orientation]
    assert np.array_equal(np.asarray(decode(content)), turned)


def test_behind_transparent_pixels_is_white() -> None:
    image = Image.new("RGBA", (4, 1), (255, 0, 0, 255))
    image.putpixel((1, 0), (0, 0, 255, 0))
    image.putpixel((2, 0), (0, 0, 0, 51))
    decoded = decode(encoded(image))
    assert decoded.mode == "RGB"
    assert pixels(decoded) == [[[255, 0, 0], [255, 255, 255], [204, 204, 204], [255, 0, 0]]]
    palette = Image.new("P", (1, 1), 0)
    palette.putpalette([9, 9, 9])
    assert pixels(decode(encoded(palette, transparency=0))) == [[[255, 255, 255]]]


def test_grey_is_rgb() -> None:
    grey = Image.fromarray(np.array([[0, 100, 255]], np.uint8))
    deep = Image.fromarray(np.array([[0, 100 * 257, 65535]], np.uint16))
    for image in (grey, deep, grey.convert("LA"), grey.convert("P")):
        assert pixels(decode(encoded(image))) == [[[0] * 3, [100] * 3, [255] * 3]]


def test_the_network_sees_the_whole_image_from_0_to_1() -> None:
    image = Image.new("RGB", (20, 10), (0, 51, 255))
    prepared = prepare(image, 4, 6)
    assert prepared.shape == (3, 4, 6)
    assert prepared.dtype == np.float32
    expected = np.broadcast_to(np.array([0, 0.2, 1], np.float32)[:, None, None], (3, 4, 6))
    assert np.array_equal(prepared, expected)


def test_what_is_refused_is_a_value_error() -> None:
    with pytest.raises(BadImage, match=r"^not an image"):
        decode(b"")
    with pytest.raises(HugeImage, match=r"^more than 25,000,000 pixels$"):
        decode(encoded(Image.new("1", (30_000, 1_000))))


def test_a_damaged_image_is_refused_wherever_it_ends() -> None:
    for kind in ("PNG", "JPEG", "WEBP"):
        content = encoded(Image.effect_noise((24, 24), 50), kind)
        for length in range(len(content) * 9 // 10):
            with pytest.raises(BadImage) as caught:
                decode(content[:length])
            assert "\n" not in str(caught.value)


def test_the_limit_is_of_these_images_alone() -> None:
    """Another part of the process may open larger images."""
    assert Image.MAX_IMAGE_PIXELS is not None
    assert Image.MAX_IMAGE_PIXELS > MAX_PIXELS
