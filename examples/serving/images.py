"""What an image is before the network sees it: the same for training and for serving."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("JPEG", "PNG", "WEBP")
"""What is read; Pillow's other decoders are never tried on bytes from elsewhere."""
MAX_PIXELS = 25_000_000
"""A small file may hold a huge image: a larger one is refused before it is decoded."""
BACKGROUND = "white"
"""What stands behind transparent pixels."""


class BadImage(ValueError):
    """Bytes that are no image to answer for; the message says why, in one line."""


class HugeImage(BadImage):
    """An image of more than ``MAX_PIXELS``."""


def decode(content: bytes) -> Image.Image:
    """The image as it is to be looked at: upright, in RGB.

    Raises ``BadImage`` where the bytes are no image, not all of one, or one too large.
    """
    huge = HugeImage(f"more than {MAX_PIXELS:,} pixels")
    try:
        file = Image.open(io.BytesIO(content), formats=FORMATS)
        if file.width * file.height > MAX_PIXELS:
            raise huge
        return _looked_at(ImageOps.exif_transpose(file))  # cameras store how they were held
    except BadImage:
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise huge from error  # by Pillow's own limit, which is higher
    except UnidentifiedImageError as error:
        raise BadImage(f"not an image that can be read: {', '.join(FORMATS)} can") from error
    except Exception as error:  # of many types, from each of Pillow's decoders its own
        raise BadImage(f"a damaged image: {error}") from error


def _looked_at(image: Image.Image) -> Image.Image:
    """Whatever an image is stored as, in RGB."""
    if image.mode.startswith("I;16"):  # Pillow would cut off all above 255
        image = Image.fromarray((np.asarray(image) // 257).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, BACKGROUND), image)
    return image.convert("RGB")


def prepare(image: Image.Image, height: int, width: int) -> NDArray[np.float32]:
    """The network's input, 3 x height x width, from 0 to 1; the whole image, resized to fit."""
    resized = image.resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(resized, np.float32).transpose(2, 0, 1) / np.float32(255)
