"""Text that a file can hold and a reader can see, whatever it came from."""

from unicodedata import category

_UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def visible(text: str) -> str:
    r"""The text with what nobody sees, or no file can hold, as an escape such as ``\u202e``.

    Line feeds stay.
    """
    if text.isprintable():
        return text
    return "".join(
        c.encode("unicode_escape").decode() if category(c) in _UNSEEN and c != "\n" else c
        for c in text
    )
