"""Elements of a page, made in one expression; texts become text whatever is in them."""

from unicodedata import category
from xml.etree.ElementTree import Element

Child = Element | str | None
_UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def element(tag: str, *children: Child, **attributes: str | int | None) -> Element:
    """An element; ``class_`` is the attribute class, ``data_line`` data-line; None is left out."""
    made = Element(tag)
    for name, value in attributes.items():
        if value is not None:
            made.set(name.rstrip("_").replace("_", "-"), visible(str(value)))
    for child in children:
        add(made, child)
    return made


def add(parent: Element, child: Child) -> None:
    """Puts an element or a text behind what the parent has."""
    if child is None:
        return
    if isinstance(child, Element):
        parent.append(child)
    elif len(parent):
        parent[-1].tail = (parent[-1].tail or "") + visible(child)
    else:
        parent.text = (parent.text or "") + visible(child)


def visible(text: str) -> str:
    """The text with what nobody sees, or no file can hold, as an escape such as ``\\u202e``."""
    if text.isprintable():
        return text
    return "".join(
        c.encode("unicode_escape").decode() if category(c) in _UNSEEN and c != "\n" else c
        for c in text
    )
