"""HTML elements built in one expression. Texts are escaped."""

from collections.abc import Iterable
from xml.etree.ElementTree import Element

from archc.diagnostics.escapes import escape_invisible

Child = Element | str | None


def element(tag: str, *children: Child, **attributes: str | int | None) -> Element:
    """Return an element. ``class_`` is the attribute class, ``data_line`` data-line.

    Attributes and children that are None are omitted.
    """
    made = Element(tag)
    for name, value in attributes.items():
        if value is not None:
            made.set(name.rstrip("_").replace("_", "-"), escape_invisible(str(value)))
    for child in children:
        add(made, child)
    return made


def table_element(
    caption: str, head: Iterable[Element], body: Iterable[Element], class_: str | None = None
) -> Element:
    """Return a table; ``head`` and ``body`` are its rows."""
    return element(
        "table",
        element("caption", caption),
        element("thead", *head),
        element("tbody", *body),
        class_=class_,
    )


def definitions(pairs: Iterable[tuple[str, str]], class_: str) -> Element:
    """Return a list of terms, each with its value or definition."""
    terms = (element("div", element("dt", term), element("dd", text)) for term, text in pairs)
    return element("dl", *terms, class_=class_)


def add(parent: Element, child: Child) -> None:
    """Append an element or a text to the parent's children; ignore None."""
    if child is None:
        return
    if isinstance(child, Element):
        parent.append(child)
    elif len(parent):
        parent[-1].tail = (parent[-1].tail or "") + escape_invisible(child)
    else:
        parent.text = (parent.text or "") + escape_invisible(child)
