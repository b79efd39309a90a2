"""Converts images to the network's input, for training and for serving."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("JPEG", "PNG", "WEBP")
"""Supported formats; Pillow's other decoders never see untrusted bytes."""
MAX_PIXELS = 25_000_000
"""A small file may hold a huge image, so larger images are rejected before decoding."""
BACKGROUND = "white"
"""The colour behind transparent pixels."""


class BadImage(ValueError):
    """Raised for bytes that are not a usable image; the message is one line."""


class HugeImage(BadImage):
    """Raised for an image with more than ``MAX_PIXELS`` pixels."""


def decode(content: bytes) -> Image.Image:
    """Decode an image, turn it upright and convert it to RGB.

    Raises ``BadImage`` if the bytes are not an image, or if the image is incomplete or too large.
    """
    huge = HugeImage(f"more than {MAX_PIXELS:,} pixels")
    try:
        file = Image.open(io.BytesIO(content), formats=FORMATS)
        if file.width * file.height > MAX_PIXELS:
            raise huge
        return _as_rgb(ImageOps.exif_transpose(file))  # cameras store how they were held
    except BadImage:
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise huge from error  # Pillow's own limit is higher
    except UnidentifiedImageError as error:
        raise BadImage(f"not an image in a supported format: {', '.join(FORMATS)}") from error
    except Exception as error:  # each of Pillow's decoders raises other types
        raise BadImage(f"damaged image: {error}") from error


def _as_rgb(image: Image.Image) -> Image.Image:
    """Convert an image of any mode to RGB."""
    if image.mode.startswith("I;16"):  # Pillow would clip values above 255
        image = Image.fromarray((np.asarray(image) // 257).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, BACKGROUND), image)
    return image.convert("RGB")


def prepare(image: Image.Image, height: int, width: int) -> NDArray[np.float32]:
    """Resize the whole image and return it as 3 x height x width, with values from 0 to 1."""
    resized = image.resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(resized, np.float32).transpose(2, 0, 1) / np.float32(255)
