"""Random valid specs for hypothesis, which shrinks what fails: those of ``fuzz.generate``."""

from random import Random

from fuzz.generate import random_spec
from fuzz.text import write
from hypothesis import strategies as st


def specs(siblings: bool = False) -> st.SearchStrategy[str]:
    """The text of a valid spec; with ``siblings`` many a branch begins with a 1x1 convolution."""

    def text(random: Random) -> str:
        return write(random_spec(random, siblings), random.choice((2, 2, 3, 9)))

    return st.builds(text, st.randoms(use_true_random=False))
