"""Random valid specs for hypothesis, which shrinks what fails: those of ``fuzz.generate``."""

from random import Random

from fuzz.generate import random_spec
from fuzz.text import write
from hypothesis import strategies as st


def specs() -> st.SearchStrategy[str]:
    """The text of a valid spec."""
    return st.builds(_text, st.randoms(use_true_random=False))


def _text(random: Random) -> str:
    return write(random_spec(random), random.choice((2, 2, 3, 9)))
