"""Check that a variant removes no row or module that is still used."""

from collections.abc import Iterator
from collections.abc import Mapping as AbstractMapping

from archc.diagnostics import Code, Diagnostic, Label
from archc.diagnostics.wording import pluralize
from archc.language.sections.keys import ROW_SECTIONS
from archc.language.yaml.nodes import Entry, List, Mapping, Node, Scalar


def check_removals(
    variant: Mapping, merged: AbstractMapping[str, Entry], diagnostics: list[Diagnostic]
) -> None:
    """Add a diagnostic for each removed name that ``merged`` still uses."""
    for section, entry in ((e.key.text, e) for e in variant.entries):
        if section not in (*ROW_SECTIONS, "modules") or not isinstance(entry.value, Mapping):
            continue
        for key, value in entry.value.entries:
            if not isinstance(value, Scalar) or value.value != "none":
                continue
            uses = list(_calls(key.text, merged) if section == "modules" else _taps(key, merged))
            if not uses or _exists(key.text, section, merged):
                continue
            others = f" and in {pluralize(len(uses) - 1, 'more place')}" if len(uses) > 1 else ""
            label = Label(uses[0].span, f"used here{others}")
            message = f"{key.text} is removed but still used"
            hint = "change or remove what uses it"
            diagnostics.append(
                Diagnostic(Code.UNKNOWN_REFERENCE, message, key.span, (label,), hint=hint)
            )


def _exists(name: str, section: str, merged: AbstractMapping[str, Entry]) -> bool:
    """Return whether the name exists: a row may have moved to another section."""
    sections = ("modules",) if section == "modules" else ROW_SECTIONS
    holders = (merged[other].value for other in sections if other in merged)
    return any(isinstance(holder, Mapping) and holder.get(name) for holder in holders)


def _taps(row: Scalar, merged: AbstractMapping[str, Entry]) -> Iterator[Scalar]:
    """Yield the places where auxiliary heads tap the row."""
    heads = merged["aux"].value if "aux" in merged else None
    for _, head in heads.entries if isinstance(heads, Mapping) else ():
        tap = head.get("from") if isinstance(head, Mapping) else None
        if isinstance(tap, Scalar) and tap.text == row.text:
            yield tap


def _calls(module: str, merged: AbstractMapping[str, Entry]) -> Iterator[Scalar]:
    """Yield the places where a layer uses the module or another module extends it."""
    for section in (*ROW_SECTIONS, "aux", "modules"):
        if section in merged:
            yield from _mentions(module, merged[section].value)


def _mentions(word: str, node: Node) -> Iterator[Scalar]:
    if isinstance(node, Scalar):
        if node.value == word:
            yield node
    elif isinstance(node, List):
        for item in node.items:
            yield from _mentions(word, item)
    else:
        for key, value in node.entries:
            if key.text == word:
                yield key
            yield from _mentions(word, value)
