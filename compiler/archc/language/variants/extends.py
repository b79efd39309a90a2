"""Merge a variant into its base, and a module into the one that it extends.

Layers are merged by name: a layer of the same kind field by field, a row of the same module cell by
cell. Another kind or a list replaces the layer, ``none`` removes it, and a new layer sets its
position with ``after`` or ``before``. For example, ``conv1: {Conv: 5x5}`` in a variant changes only
the window of the base's ``conv1``. Merging works on YAML nodes, so each value keeps its place in
its own file.
"""

from collections.abc import Callable, Container, Iterator, Sequence
from collections.abc import Mapping as AbstractMapping

from archc.diagnostics import Code, Diagnostic, suggest_name
from archc.language.fields.validation import correct_typos, describe
from archc.language.grammar.kinds import STRUCTURES
from archc.language.grammar.modules import MAXIMUM_MODULES
from archc.language.sections.keys import LAYER_SECTIONS, NOT_INHERITED
from archc.language.variants.removals import check_removals
from archc.language.yaml.nodes import Entry, List, Mapping, Node, Scalar
from archc.network.names import is_kind

Columns = AbstractMapping[str, Sequence[str]]
Merge = Callable[[Mapping, Mapping], Mapping]


def extend_spec(base: Mapping, variant: Mapping, diagnostics: list[Diagnostic]) -> Mapping:
    """Return the complete spec that ``variant`` describes on top of ``base``."""
    merged = {e.key.text: e for e in base.entries if e.key.text not in NOT_INHERITED}
    own = {entry.key.text: entry for entry in variant.entries if entry.key.text != "extends"}
    if "modules" in own:
        called = set(_words(variant))
        merged["modules"] = _merge_section(
            merged.get("modules"),
            own["modules"],
            lambda old, new: _merge_modules(old, new, called, diagnostics),
        )
    columns = _columns_of_section(merged.get("modules"))
    merges: dict[str, Merge] = {
        **dict.fromkeys(
            LAYER_SECTIONS, lambda old, new: _merge_layers(old, new, columns, diagnostics)
        ),
        "defaults": lambda old, new: _merge_defaults(old, new, diagnostics),
        "parameters": _update,
        "lints": _update,
    }
    for key, entry in own.items():
        if key in LAYER_SECTIONS and _is_none(entry.value):
            _remove(merged, entry, diagnostics)
        elif key in merges:
            merged[key] = _merge_section(merged.get(key), entry, merges[key])
        elif key != "modules":
            merged[key] = entry
    check_removals(variant, merged, diagnostics)
    return Mapping(tuple(merged.values()), variant.span)


def extend_modules(document: Mapping, diagnostics: list[Diagnostic]) -> Mapping:
    """Return the spec with each module merged into the module that it extends."""
    modules = document.get("modules")
    if not isinstance(modules, Mapping) or len(modules.entries) > MAXIMUM_MODULES:
        return document  # parse_spec reports it
    known = {entry.key.text: entry for entry in modules.entries}
    columns = _columns_of_modules(known)
    done: dict[str, Entry] = {}

    def resolve(name: str, stack: tuple[str, ...]) -> Entry:
        entry = known[name]
        parent = entry.value.get("extends") if isinstance(entry.value, Mapping) else None
        if name in done or parent is None or not isinstance(entry.value, Mapping):
            return done.setdefault(name, entry)
        wanted = parent.text if isinstance(parent, Scalar) else ""
        if wanted not in known:
            hint = suggest_name(wanted, known) or f"the modules are {', '.join(known)}"
            message = f"module {name} extends the unknown module {wanted}"
            if not wanted:
                message = f"module {name} extends: expected a module, found {describe(parent)}"
            diagnostic = Diagnostic(Code.UNKNOWN_REFERENCE, message, parent.span, hint=hint)
            diagnostics.append(diagnostic)
            return done.setdefault(name, entry)
        if wanted in (*stack, name):
            route = " -> ".join([*stack, name, wanted])
            message = f"module {wanted} extends itself: {route}"
            diagnostics.append(Diagnostic(Code.RECURSION, message, parent.span))
            return done.setdefault(name, entry)
        base = resolve(wanted, (*stack, name)).value
        own = tuple(e for e in entry.value.entries if e.key.text != "extends")
        merged: Node = Mapping(own, entry.value.span)
        if isinstance(base, Mapping) and isinstance(merged, Mapping):
            merged = _merge_module(base, merged, columns, diagnostics)
        return done.setdefault(name, Entry(entry.key, merged))

    resolved = Mapping(tuple(resolve(name, ()) for name in known), modules.span)
    entries = (
        Entry(key, resolved if key.text == "modules" else value) for key, value in document.entries
    )
    return Mapping(tuple(entries), document.span)


def _merge_section(old: Entry | None, new: Entry, merge: Merge) -> Entry:
    if old is None or not isinstance(old.value, Mapping) or not isinstance(new.value, Mapping):
        return new
    return Entry(new.key, merge(old.value, new.value))


def _merge_modules(
    base: Mapping, variant: Mapping, called: Container[str], diagnostics: list[Diagnostic]
) -> Mapping:
    """Return the modules of both; ``called`` are the words in the variant that may use a module."""
    merged = {entry.key.text: entry for entry in base.entries}
    columns = _columns_of_modules({**merged, **{e.key.text: e for e in variant.entries}})
    for entry in variant.entries:
        name, value, old = entry.key.text, entry.value, merged.get(entry.key.text)
        if old is None and name not in called and (close := suggest_name(name, merged)):
            unused = "the base has no such module, and no layer uses it"
            message = f"module {name} changes nothing: {unused}"
            diagnostics.append(
                Diagnostic(Code.UNKNOWN_REFERENCE, message, entry.key.span, hint=close)
            )
        elif _is_none(value):
            _remove(merged, entry, diagnostics)
        elif (
            old is not None
            and isinstance(old.value, Mapping)
            and isinstance(value, Mapping)
            and _changes_base(name, value)
        ):
            own = tuple(e for e in value.entries if e.key.text != "extends")
            new = Mapping(own, value.span)
            module = _merge_module(old.value, new, columns, diagnostics)
            parent = next((e for e in old.value.entries if e.key.text == "extends"), None)
            if parent is not None:
                module = Mapping((parent, *module.entries), module.span)
            merged[name] = Entry(entry.key, module)
        else:
            merged[name] = entry
    return Mapping(tuple(merged.values()), variant.span)


def _changes_base(name: str, module: Mapping) -> bool:
    """Return whether a variant's module changes the base's module of the same name."""
    parent = module.get("extends")
    return parent is None or (isinstance(parent, Scalar) and parent.text == name)


def _merge_module(
    base: Mapping, variant: Mapping, columns: Columns, diagnostics: list[Diagnostic]
) -> Mapping:
    """Return a module merged into another one; another structure replaces the whole body."""
    merged = {e.key.text: e for e in base.entries if e.key.text not in ("about", "extends")}
    kind = next((e.key.text for e in variant.entries if e.key.text in STRUCTURES), None)
    if kind is not None and kind not in merged:
        merged = {key: e for key, e in merged.items() if key == "columns"}
    for entry in variant.entries:
        key, old = entry.key.text, merged.get(entry.key.text)
        if key == kind and old is not None:
            body = _merge_value(key, old.value, entry.value, columns, diagnostics)
            merged[key] = Entry(entry.key, body)
        else:
            merged[key] = entry
    return Mapping(tuple(merged.values()), variant.span)


def _merge_defaults(base: Mapping, variant: Mapping, diagnostics: list[Diagnostic]) -> Mapping:
    merged = {entry.key.text: entry for entry in base.entries}
    for entry in variant.entries:
        if _is_none(entry.value):
            _remove(merged, entry, diagnostics)
        else:
            merged[entry.key.text] = _merge_section(merged.get(entry.key.text), entry, _update)
    return Mapping(tuple(merged.values()), variant.span)


def _merge_layers(
    base: Mapping, variant: Mapping, columns: Columns, diagnostics: list[Diagnostic]
) -> Mapping:
    """Return the layers of ``variant`` on top of those of ``base``, by name."""
    merged = {entry.key.text: entry for entry in base.entries}
    for entry in variant.entries:
        if _is_none(entry.value):
            _remove(merged, entry, diagnostics)
            continue
        value, placement = _split_placement(entry.value)
        old = merged.get(entry.key.text)
        if old is None and placement is None:
            value, placement = _split_placement(_correct_placement(entry, diagnostics))
        if old is not None:
            value = _merge_layer(entry.key.text, old.value, value, columns, diagnostics)
        elif placement is None:
            diagnostics.append(_changes_nothing(entry.key, merged))
            continue
        if placement is None:
            merged[entry.key.text] = Entry(entry.key, value)
        else:
            merged.pop(entry.key.text, None)
            merged = _place(merged, Entry(entry.key, value), placement, diagnostics)
    return Mapping(tuple(merged.values()), variant.span)


def _changes_nothing(key: Scalar, names: AbstractMapping[str, Entry]) -> Diagnostic:
    message = f"{key.text} changes nothing: the base has no such layer"
    hint = "place a new layer with after: or before: another layer"
    if close := suggest_name(key.text, names):
        hint = f"{close} {hint}"
    return Diagnostic(Code.UNKNOWN_REFERENCE, message, key.span, hint=hint)


def _merge_layer(
    name: str, old: Node, new: Node, columns: Columns, diagnostics: list[Diagnostic]
) -> Node:
    if name in STRUCTURES:
        return _merge_value(name, old, new, columns, diagnostics)
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        return new
    kind, old_kind = _kind(new), _kind(old)
    if kind is None or old_kind is None or kind.key.text != old_kind.key.text:
        return new
    merged = {entry.key.text: entry for entry in (*old.entries, *new.entries)}
    value = _merge_value(kind.key.text, old_kind.value, kind.value, columns, diagnostics)
    merged[kind.key.text] = Entry(kind.key, value)
    return Mapping(tuple(merged.values()), new.span)


def _merge_value(
    kind: str, old: Node, new: Node, columns: Columns, diagnostics: list[Diagnostic]
) -> Node:
    """Return the merged value of a kind: a structure's layers by name, a row's cells by column."""
    if not isinstance(new, Mapping):
        return new
    if isinstance(old, List) and len(old.items) == len(columns.get(kind, ())):
        keys = [Scalar(column, column, old.span) for column in columns[kind]]
        cells = (Entry(key, item) for key, item in zip(keys, old.items, strict=True))
        old = Mapping(tuple(cells), old.span)
    if not isinstance(old, Mapping):
        return new
    if kind in STRUCTURES:
        return _merge_layers(old, new, columns, diagnostics)
    return _update(old, new)


def _update(old: Mapping, new: Mapping) -> Mapping:
    """Return the entries of both; those of ``new`` win."""
    merged = {entry.key.text: entry for entry in (*old.entries, *new.entries)}
    return Mapping(tuple(merged.values()), new.span)


def _remove(merged: dict[str, Entry], entry: Entry, diagnostics: list[Diagnostic]) -> None:
    if merged.pop(entry.key.text, None) is None:
        hint = suggest_name(entry.key.text, merged)
        message = f"cannot remove {entry.key.text}: the base has none"
        diagnostics.append(Diagnostic(Code.UNKNOWN_REFERENCE, message, entry.key.span, hint=hint))


def _correct_placement(entry: Entry, diagnostics: list[Diagnostic]) -> Node:
    """Return the layer with a misspelt ``after`` or ``before`` corrected."""
    if not isinstance(entry.value, Mapping):
        return entry.value
    return correct_typos(entry.value, entry.key.text, ("after", "before"), diagnostics)


def _split_placement(node: Node) -> tuple[Node, Entry | None]:
    """Return the layer without its ``after`` or ``before``, and that entry."""
    if not isinstance(node, Mapping):
        return node, None
    placement = next((e for e in node.entries if e.key.text in ("after", "before")), None)
    rest = tuple(entry for entry in node.entries if entry is not placement)
    return Mapping(rest, node.span), placement


def _place(
    merged: dict[str, Entry], entry: Entry, placement: Entry, diagnostics: list[Diagnostic]
) -> dict[str, Entry]:
    """Return the layers with ``entry`` after or before the one that ``placement`` names."""
    where, side = placement.value, placement.key.text
    anchor = where.text if isinstance(where, Scalar) else ""
    if anchor not in merged:
        hint = suggest_name(anchor, merged) or f"the layers are {', '.join(merged)}"
        message = f"cannot place {entry.key.text} {side} the unknown layer {anchor}"
        if not anchor:
            message = f"{entry.key.text} {side}: expected a layer, found {describe(where)}"
        if anchor == entry.key.text:
            message = f"cannot place {anchor} {side} itself"
        diagnostics.append(Diagnostic(Code.UNKNOWN_REFERENCE, message, where.span, hint=hint))
        return merged
    ordered: dict[str, Entry] = {}
    for name, existing in merged.items():
        if name == anchor and side == "before":
            ordered[entry.key.text] = entry
        ordered[name] = existing
        if name == anchor and side == "after":
            ordered[entry.key.text] = entry
    return ordered


def _columns_of_section(modules: Entry | None) -> Columns:
    if modules is None or not isinstance(modules.value, Mapping):
        return {}
    return _columns_of_modules({entry.key.text: entry for entry in modules.value.entries})


def _columns_of_modules(modules: AbstractMapping[str, Entry]) -> Columns:
    """Return the columns of each module, its own or the columns of the module that it extends."""
    known: dict[str, Sequence[str]] = {}

    def columns(name: str, below: tuple[str, ...]) -> Sequence[str]:
        definition = modules[name].value if name in modules else None
        if not isinstance(definition, Mapping) or name in below:
            return ()
        if name not in known:
            own, parent = definition.get("columns"), definition.get("extends")
            known[name] = ()
            if isinstance(own, List):
                known[name] = [item.text for item in own.items if isinstance(item, Scalar)]
            elif isinstance(parent, Scalar):
                known[name] = columns(parent.text, (*below, name))
        return known[name]

    return {name: columns(name, ()) for name in modules}


def _words(node: Node) -> Iterator[str]:
    """Yield all words that may use a module: values, and keys except the modules' own names."""
    if isinstance(node, Scalar):
        yield node.text
    elif isinstance(node, List):
        for item in node.items:
            yield from _words(item)
    else:
        for key, value in node.entries:
            if key.text == "modules" and isinstance(value, Mapping):
                for _, module in value.entries:
                    yield from _words(module)
            else:
                yield key.text
                yield from _words(value)


def _kind(node: Mapping) -> Entry | None:
    return next((entry for entry in node.entries if is_kind(entry.key.text)), None)


def _is_none(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value == "none"
