"""Random valid specs from ``fuzz.generate`` for hypothesis, which shrinks failures."""

from random import Random

from fuzz.generate import random_spec
from fuzz.text import write
from hypothesis import strategies as st


def specs(siblings: bool = False) -> st.SearchStrategy[str]:
    """Draw the text of a valid spec; with ``siblings``, many branches begin with a 1x1."""

    def text(random: Random) -> str:
        return write(random_spec(random, siblings), random.choice((2, 2, 3, 9)))

    return st.builds(text, st.randoms(use_true_random=False))
