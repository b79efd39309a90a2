"""Variants: what a spec or a module says on top of what it extends.

Under names, layers are merged by name: the same kind field by field, a row cell by cell; another
kind or a list replaces; ``none`` removes; a new name says where it stands, ``after`` or ``before``.
Merging works on nodes, so that everything keeps the place where it was written.
"""

from collections.abc import Container, Iterator, Sequence
from collections.abc import Mapping as AbstractMapping

from archc.diagnostics import Code, Diagnostic, suggest_name
from archc.language.fields.validation import correct_typos, describe
from archc.language.grammar.kinds import STRUCTURES
from archc.language.grammar.layers import MAXIMUM_MODULES
from archc.language.variants.removals import check_removals
from archc.language.yaml.source import Entry, List, Mapping, Node, Scalar
from archc.network.names import is_kind

NOT_INHERITED = ("about", "budget", "checkpoints", "name", "reference", "table")
SECTIONS = ("stem", "inception", "body", "aux", "head")

Columns = AbstractMapping[str, Sequence[str]]


def extend_spec(base: Mapping, variant: Mapping, diagnostics: list[Diagnostic]) -> Mapping:
    """The whole spec that ``variant`` describes on top of ``base``.

    What says something of one network alone, such as its printed table, is never the base's.
    """
    merged = {e.key.text: e for e in base.entries if e.key.text not in NOT_INHERITED}
    own = {entry.key.text: entry for entry in variant.entries if entry.key.text != "extends"}
    if "modules" in own:
        called = set(_words(variant))

        def modules(old: Mapping, new: Mapping, found: list[Diagnostic]) -> Mapping:
            return _modules(old, new, called, found)

        merged["modules"] = _extended(merged.get("modules"), own["modules"], modules, diagnostics)
    columns = module_columns(merged.get("modules"))
    for key, entry in own.items():
        if key in SECTIONS and _is_none(entry.value):
            _removed(merged, entry, diagnostics)
        elif key in SECTIONS:

            def section(old: Mapping, new: Mapping, found: list[Diagnostic]) -> Mapping:
                return merge_names(old, new, columns, found)

            merged[key] = _extended(merged.get(key), entry, section, diagnostics)
        elif key == "defaults":
            merged[key] = _extended(merged.get(key), entry, _fields_of_kinds, diagnostics)
        elif key in ("parameters", "lints"):
            merged[key] = _extended(
                merged.get(key), entry, lambda a, b, _: _by_key(a, b), diagnostics
            )
        elif key != "modules":
            merged[key] = entry
    check_removals(variant, merged, diagnostics)
    return Mapping(tuple(merged.values()), variant.span)


def extend_modules(document: Mapping, diagnostics: list[Diagnostic]) -> Mapping:
    """The spec with every module that ``extends`` another written out in full."""
    modules = document.get("modules")
    if not isinstance(modules, Mapping) or len(modules.entries) > MAXIMUM_MODULES:
        return document  # the schema says what is wrong with it
    known = {entry.key.text: entry for entry in modules.entries}
    columns = module_columns_of(known)
    done: dict[str, Entry] = {}

    def resolve(name: str, stack: tuple[str, ...]) -> Entry:
        entry = known[name]
        parent = entry.value.get("extends") if isinstance(entry.value, Mapping) else None
        if name in done or parent is None or not isinstance(entry.value, Mapping):
            return done.setdefault(name, entry)
        wanted = parent.text if isinstance(parent, Scalar) else ""
        if wanted not in known:
            hint = suggest_name(wanted, known) or f"the modules are {', '.join(known)}"
            message = f"module {name} extends {wanted or describe(parent)}, which is no module here"
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
            merged = merge_definition(base, merged, columns, diagnostics)
        return done.setdefault(name, Entry(entry.key, merged))

    entries = tuple(resolve(name, ()) for name in known)
    whole = Mapping(entries, modules.span)
    return Mapping(
        tuple(
            Entry(key, whole if key.text == "modules" else value) for key, value in document.entries
        ),
        document.span,
    )


def merge_definition(
    base: Mapping, variant: Mapping, columns: Columns, diagnostics: list[Diagnostic]
) -> Mapping:
    """A module's definition on top of another's; another structure replaces the whole body."""
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


def merge_names(
    base: Mapping, variant: Mapping, columns: Columns, diagnostics: list[Diagnostic]
) -> Mapping:
    """Layers under names, those of ``variant`` on top of those of ``base``."""
    merged = {entry.key.text: entry for entry in base.entries}
    for entry in variant.entries:
        if _is_none(entry.value):
            _removed(merged, entry, diagnostics)
            continue
        value, placement = _without_placement(entry.value)
        old = merged.get(entry.key.text)
        if old is None and placement is None:
            value, placement = _without_placement(_placed_as_meant(entry, diagnostics))
        if old is not None:
            value = _merge_layer(entry.key.text, old.value, value, columns, diagnostics)
        elif placement is None:
            close = suggest_name(entry.key.text, merged)
            hint = f"{close} a new one says where it stands" if close else "it says where it stands"
            message = f"{entry.key.text} changes nothing: what is extended has no such layer"
            hint += ": after: or before: a layer"
            diagnostics.append(
                Diagnostic(Code.UNKNOWN_REFERENCE, message, entry.key.span, hint=hint)
            )
            continue
        if placement is None:
            merged[entry.key.text] = Entry(entry.key, value)
        else:
            merged.pop(entry.key.text, None)
            merged = _placed(merged, Entry(entry.key, value), placement, diagnostics)
    return Mapping(tuple(merged.values()), variant.span)


def module_columns(modules: Entry | None) -> Columns:
    """The columns of every module of a ``modules`` section, as far as they can be read."""
    if modules is None or not isinstance(modules.value, Mapping):
        return {}
    return module_columns_of({entry.key.text: entry for entry in modules.value.entries})


def module_columns_of(modules: AbstractMapping[str, Entry]) -> Columns:
    """The columns of each module, its own or those of what it extends."""
    known: dict[str, Sequence[str]] = {}

    def columns(name: str, below: tuple[str, ...]) -> Sequence[str]:
        definition = modules[name].value if name in modules else None
        if not isinstance(definition, Mapping) or name in below:
            return ()
        if name not in known:
            listed, parent = definition.get("columns"), definition.get("extends")
            known[name] = ()
            if isinstance(listed, List):
                known[name] = [item.text for item in listed.items if isinstance(item, Scalar)]
            elif isinstance(parent, Scalar):
                known[name] = columns(parent.text, (*below, name))
        return known[name]

    return {name: columns(name, ()) for name in modules}


def _extended(old: Entry | None, new: Entry, merge: object, diagnostics: list[Diagnostic]) -> Entry:
    assert callable(merge)
    if old is None or not isinstance(old.value, Mapping) or not isinstance(new.value, Mapping):
        return new
    merged = merge(old.value, new.value, diagnostics)
    assert isinstance(merged, Mapping)
    return Entry(new.key, merged)


def _modules(
    base: Mapping, variant: Mapping, called: Container[str], diagnostics: list[Diagnostic]
) -> Mapping:
    merged = {entry.key.text: entry for entry in base.entries}
    columns = module_columns_of({**merged, **{e.key.text: e for e in variant.entries}})
    for entry in variant.entries:
        name, old = entry.key.text, merged.get(entry.key.text)
        if old is None and name not in called and (close := suggest_name(name, merged)):
            message = f"module {name} changes nothing: what is extended has none, no layer calls it"
            diagnostics.append(
                Diagnostic(Code.UNKNOWN_REFERENCE, message, entry.key.span, hint=close)
            )
            continue
        if _is_none(entry.value):
            _removed(merged, entry, diagnostics)
        elif old is not None and isinstance(old.value, Mapping) and _continues(name, entry.value):
            own = tuple(e for e in _mapping(entry.value).entries if e.key.text != "extends")
            new = Mapping(own, entry.value.span)
            definition = merge_definition(old.value, new, columns, diagnostics)
            parent = next((e for e in old.value.entries if e.key.text == "extends"), None)
            if parent is not None:
                definition = Mapping((parent, *definition.entries), definition.span)
            merged[name] = Entry(entry.key, definition)
        else:
            merged[name] = entry
    return Mapping(tuple(merged.values()), variant.span)


def _words(node: Node) -> Iterator[str]:
    """Whatever may call a module: the keys below the names in ``modules``, and all values."""
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


def _continues(name: str, value: Node) -> bool:
    """Whether a variant's module says what differs from the base's module of the same name."""
    if not isinstance(value, Mapping):
        return False
    parent = value.get("extends")
    return parent is None or (isinstance(parent, Scalar) and parent.text == name)


def _mapping(node: Node) -> Mapping:
    assert isinstance(node, Mapping)
    return node


def _fields_of_kinds(base: Mapping, variant: Mapping, diagnostics: list[Diagnostic]) -> Mapping:
    merged = {entry.key.text: entry for entry in base.entries}
    for entry in variant.entries:
        if _is_none(entry.value):
            _removed(merged, entry, diagnostics)
            continue
        merged[entry.key.text] = _extended(
            merged.get(entry.key.text), entry, lambda old, new, _: _by_key(old, new), diagnostics
        )
    return Mapping(tuple(merged.values()), variant.span)


def _merge_layer(
    name: str, old: Node, new: Node, columns: Columns, diagnostics: list[Diagnostic]
) -> Node:
    if name in STRUCTURES:
        return _merge_value(name, old, new, columns, diagnostics)
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        return new
    kind, before = _kind(new), _kind(old)
    if kind is None or before is None or kind.key.text != before.key.text:
        return new
    merged = {entry.key.text: entry for entry in old.entries}
    for entry in new.entries:
        merged[entry.key.text] = entry
    value = _merge_value(kind.key.text, before.value, kind.value, columns, diagnostics)
    merged[kind.key.text] = Entry(kind.key, value)
    return Mapping(tuple(merged.values()), new.span)


def _merge_value(
    kind: str, old: Node, new: Node, columns: Columns, diagnostics: list[Diagnostic]
) -> Node:
    """What stands behind a kind: a structure's layers by name, a row cell by cell."""
    if not isinstance(new, Mapping):
        return new
    if isinstance(old, List) and len(old.items) == len(columns.get(kind, ())):
        keys = [Scalar(column, column, old.span) for column in columns[kind]]
        cells = (Entry(key, item) for key, item in zip(keys, old.items, strict=True))
        old = Mapping(tuple(cells), old.span)
    if not isinstance(old, Mapping):
        return new
    if kind in STRUCTURES:
        return merge_names(old, new, columns, diagnostics)
    return _by_key(old, new)


def _by_key(old: Mapping, new: Mapping) -> Mapping:
    merged = {entry.key.text: entry for entry in (*old.entries, *new.entries)}
    return Mapping(tuple(merged.values()), new.span)


def _kind(node: Mapping) -> Entry | None:
    return next((entry for entry in node.entries if is_kind(entry.key.text)), None)


def _is_none(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value == "none"


def _removed(merged: dict[str, Entry], entry: Entry, diagnostics: list[Diagnostic]) -> None:
    if merged.pop(entry.key.text, None) is None:
        hint = suggest_name(entry.key.text, merged)
        message = f"{entry.key.text} cannot be removed: what is extended has none"
        diagnostics.append(Diagnostic(Code.UNKNOWN_REFERENCE, message, entry.key.span, hint=hint))


def _placed_as_meant(entry: Entry, diagnostics: list[Diagnostic]) -> Node:
    if not isinstance(entry.value, Mapping):
        return entry.value
    return correct_typos(entry.value, entry.key.text, ("after", "before"), diagnostics)


def _without_placement(node: Node) -> tuple[Node, Entry | None]:
    if not isinstance(node, Mapping):
        return node, None
    placement = next((e for e in node.entries if e.key.text in ("after", "before")), None)
    rest = tuple(entry for entry in node.entries if entry is not placement)
    return Mapping(rest, node.span), placement


def _placed(
    merged: dict[str, Entry], entry: Entry, placement: Entry, diagnostics: list[Diagnostic]
) -> dict[str, Entry]:
    where = placement.value.text if isinstance(placement.value, Scalar) else ""
    if where not in merged:
        hint = suggest_name(where, merged) or f"there are {', '.join(merged)}"
        which = where or describe(placement.value)
        message = f"{entry.key.text} stands {placement.key.text} {which}, which is not there"
        if where == entry.key.text:
            message = f"{where} stands {placement.key.text} itself"
        span = placement.value.span
        diagnostics.append(Diagnostic(Code.UNKNOWN_REFERENCE, message, span, hint=hint))
        return merged
    ordered: dict[str, Entry] = {}
    for name, existing in merged.items():
        if name == where and placement.key.text == "before":
            ordered[entry.key.text] = entry
        ordered[name] = existing
        if name == where and placement.key.text == "after":
            ordered[entry.key.text] = entry
    return ordered
