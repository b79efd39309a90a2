"""Check the names of layers: valid, unique, and not on a structure that would need a class."""

from collections.abc import Container, Iterable

from archc.diagnostics import Code, Diagnostic, Label
from archc.language.fields.names import check_name
from archc.language.grammar.syntax_tree import Layer
from archc.language.yaml.nodes import Entry, Scalar


def check_layer_name(key: Scalar, kinds: Container[str]) -> Diagnostic | None:
    """Return why the key cannot name a layer; None if it can. ``kinds`` are the known kinds."""
    if (diagnostic := check_name(key, "a layer")) is not None:
        return diagnostic
    if key.text not in kinds:
        return None
    message = f"expected the name of a layer, found the kind {key.text}"
    hint = f"put it under a name, `name: {{{key.text}: ...}}`"
    return Diagnostic(Code.INVALID_LAYER, message, key.span, hint=hint)


def check_unique(entries: Iterable[Entry]) -> Iterable[Diagnostic]:
    """Yield a diagnostic for each name that equals another one, ignoring case."""
    seen: dict[str, Scalar] = {}
    for key, _ in entries:
        first = seen.setdefault(key.text.casefold(), key)
        if first is not key:
            message = f"{first.text} and {key.text} differ only in case"
            if key.text == first.text:
                message = f"duplicate name {key.text}"
            label = Label(first.span, "first defined here")
            yield Diagnostic(Code.DUPLICATE_KEY, message, key.span, (label,))


def check_unique_below(holder: Layer) -> Iterable[Diagnostic]:
    """Yield a diagnostic for each name that two layers below ``holder`` would share.

    A structure without a name adds nothing to a path, so the names in it must be unique too:
    ``Concat: [{a: ...}, {a: ...}]`` would give both layers the path ``a``.
    """
    seen: dict[str, Layer] = {}
    pending = list(reversed(holder.children))
    while pending:
        layer = pending.pop()
        if not layer.name:
            pending += reversed(layer.children)
        elif (first := seen.setdefault(layer.name.casefold(), layer)) is not layer:
            message = (
                f"duplicate layer name {layer.name}: the structures around the two have no names"
            )
            label = Label(first.span, "first defined here")
            hint = "give them names that differ in more than case"
            yield Diagnostic(Code.DUPLICATE_KEY, message, layer.span, (label,), hint=hint)


def check_needs_no_class(layer: Layer) -> Iterable[Diagnostic]:
    """Yield a diagnostic for a Concat or Residual that is the value of a name.

    It would need a class, and the spec has no name for it.
    """
    if layer.kind not in ("Sequence", "Repeat", "Concat", "Residual"):
        return
    inside = [layer] if layer.kind in ("Concat", "Residual") else layer.children
    for part in inside:
        if part.kind in ("Concat", "Residual") and (part is layer or not part.name):
            message = (
                f"{part.kind} under the name {layer.name} must be a module: it becomes a class"
            )
            hint = f"define it as a module, and use the module's name instead of {part.kind}"
            yield Diagnostic(Code.INVALID_LAYER, message, part.span, hint=hint)
