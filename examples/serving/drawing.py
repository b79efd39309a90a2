"""Draws training images: a shape of random colour, size, position and angle, with noise."""

import random

import numpy as np
from PIL import Image, ImageDraw

SHAPES = {  # distances of the corners from the centre, in order
    "circle": (1.0,) * 40,
    "square": (1.0,) * 4,
    "star": (1.0, 0.4) * 5,
    "triangle": (1.0,) * 3,
}
LABELS = tuple(SHAPES)
"""The labels, in the order of the classes."""


def draw(label: str, seed: int) -> Image.Image:
    """Draw the shape in an RGB image of 64 to 96 pixels; a seed always gives the same image."""
    chance = random.Random(f"{label} {seed}")
    side = chance.randint(64, 96)
    radius = side * chance.uniform(0.25, 0.4)
    x, y = (chance.uniform(radius, side - radius) for _ in range(2))
    angle = chance.uniform(0, 2 * np.pi)
    dark, bright = (tuple(chance.randint(low, low + 100) for _ in range(3)) for low in (0, 155))
    behind, colour = chance.sample((dark, bright), 2)

    radii = radius * np.array(SHAPES[label])
    angles = angle + np.linspace(0, 2 * np.pi, len(radii), endpoint=False)
    corners = zip(x + radii * np.cos(angles), y + radii * np.sin(angles), strict=True)
    image = Image.new("RGB", (side, side), behind)
    ImageDraw.Draw(image).polygon(list(corners), fill=colour)

    noise = np.random.default_rng(seed).normal(0, chance.uniform(0, 25), (side, side, 3))
    noisy = np.asarray(image) + noise
    return Image.fromarray(noisy.clip(0, 255).astype(np.uint8))
