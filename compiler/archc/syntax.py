"""Nodes → layers as they were written: the grammar of kinds, names, rows and modules.

A value under a name is a bare word (``Flatten``), a list (layers one after the other), or a
mapping with exactly one kind. Only Concat, Residual and Sequence may stand without a name, inside
a body.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from archc import source
from archc.diagnostics import Code, Diagnostic, Label, suggestion
from archc.names import check_class, check_name, identifier, is_column, is_kind
from archc.ops import OPERATORS
from archc.source import Entry, List, Node, Scalar
from archc.spans import Span
from archc.validation import found, unknown_key

STRUCTURES: dict[str, tuple[str, ...]] = {
    "Sequence": (),
    "Concat": (),
    "Residual": ("scale", "activation", "shortcut"),
    "Repeat": ("of",),
}
"""Kinds that hold layers, and the fields they take beside them."""


class Layer(NamedTuple):
    """One layer as written. ``fields`` holds its arguments (a call: its cells by column).

    ``children`` are a structure's layers: those of a Sequence, the branches of a Concat, the body
    and the shortcut of a Residual, the one layer of a Repeat. ``name`` is empty for structure that
    stands without one.
    """

    name: str
    kind: str
    fields: Mapping[str, Entry]
    children: "tuple[Layer, ...]"
    span: Span


class Definition(NamedTuple):
    """A module as the spec defines it."""

    name: str
    columns: tuple[str, ...]
    about: str
    body: Layer
    span: Span


class Grammar:
    """Parses layers; what is wrong with them is added to ``findings``."""

    def __init__(
        self,
        findings: list[Diagnostic],
        defaults: Mapping[str, Mapping[str, Entry]],
        columns: Mapping[str, tuple[str, ...]],
    ) -> None:
        self.findings = findings
        self.defaults = defaults
        self.columns = columns

    def layer(self, name: str, node: Node) -> Layer | None:
        """The layer that stands under ``name``; None, with findings added, where there is none."""
        layer = self._layer(name, node)
        if layer is not None and name:
            self._needs_no_class(layer)
        return layer

    def body(self, node: Node, kind: str = "Sequence") -> tuple[Layer, ...]:
        """The layers of a mapping (by name) or a list (by position)."""
        if isinstance(node, List):
            return self._positions(node)
        if not isinstance(node, source.Mapping):
            self._report(Code.INVALID_LAYER, f"{kind} holds layers, found {found(node)}", node.span)
            return ()
        if not node.entries:
            self._report(Code.INVALID_LAYER, f"{kind} holds no layer", node.span)
        layers = []
        for key, value in node.entries:
            if key.text in ("Concat", "Residual", "Sequence"):
                layers.append(self._structure("", key, value, {}))
            elif self._names_well(key):
                layers.append(self.layer(key.text, value))
        self._unique(node.entries)
        return tuple(layer for layer in layers if layer is not None)

    def definition(self, key: Scalar, node: Node) -> Definition | None:
        """A module: its columns, and exactly one structure as its body."""
        finding = check_class(key, "a module")
        if finding is None and (key.text in OPERATORS or key.text in STRUCTURES):
            message = f"{key.text} is a kind of archc's own, not a module's name"
            finding = Diagnostic(Code.INVALID_NAME, message, key.span)
        if finding is not None:
            self.findings.append(finding)
            return None
        if not isinstance(node, source.Mapping):
            self._report(
                Code.INVALID_LAYER,
                f"module {key.text} is a mapping with a Sequence, Concat or Residual, "
                f"found {found(node)}",
                node.span,
            )
            return None
        entries = {entry.key.text: entry for entry in node.entries}
        kinds = [entry for name, entry in entries.items() if name in STRUCTURES]
        bodies = [entry for entry in kinds if entry.key.text != "Repeat"]
        if len(bodies) != 1 or len(kinds) != 1:
            self._report(
                Code.INVALID_LAYER,
                f"module {key.text} needs exactly one of Sequence, Concat and Residual",
                kinds[1].key.span if len(kinds) > 1 else key.span,
            )
            for entry in node.entries:
                if not kinds and (hint := suggestion(entry.key.text, [*STRUCTURES, "columns"])):
                    finding = Diagnostic(
                        Code.UNKNOWN_KEY,
                        f"module {key.text} takes no {entry.key.text}",
                        entry.key.span,
                        hint=hint,
                    )
                    self.findings[-1] = finding
            return None
        kind = bodies[0].key
        rest = {name: e for name, e in entries.items() if name not in ("columns", "about")}
        del rest[kind.text]
        for name, entry in list(rest.items()):
            if name not in STRUCTURES[kind.text]:
                takes = ["columns", "about", *STRUCTURES[kind.text]]
                self.findings.append(unknown_key(entry.key, f"module {key.text}", takes))
                del rest[name]
        body = self._structure("", kind, bodies[0].value, rest)
        if body is None:
            return None
        about = entries["about"].value if "about" in entries else None
        text = about.value if isinstance(about, Scalar) and isinstance(about.value, str) else ""
        return Definition(key.text, self.columns.get(key.text, ()), text, body, key.span)

    def _layer(self, name: str, node: Node) -> Layer | None:
        if isinstance(node, List):
            return Layer(name, "Sequence", {}, self._positions(node), node.span)
        if isinstance(node, Scalar):
            if not isinstance(node.value, str):
                hint = "write `none` to remove a row" if node.value is None else None
                message = f"a layer is needed here, found {found(node)}"
                self._report(Code.INVALID_LAYER, message, node.span, hint)
                return None
            return self._kind(name, node, None, {})
        entries = {entry.key.text: entry for entry in node.entries}
        kinds = [entry for entry in node.entries if self._is_kind(entry.key.text)]
        if len(kinds) > 1:
            self.findings.append(
                Diagnostic(
                    Code.INVALID_LAYER,
                    f"two kinds in one layer, {kinds[0].key.text} and {kinds[1].key.text}",
                    kinds[1].key.span,
                    (Label(kinds[0].key.span, "the first"),),
                    hint="layers one after the other are a list, or stand under names of their own",
                )
            )
            return None
        if not kinds:
            self._without_kind(node)
            return None
        kind = kinds[0]
        rest = {key: entry for key, entry in entries.items() if key != kind.key.text}
        return self._kind(name, kind.key, kind.value, rest)

    def _is_kind(self, text: str) -> bool:
        known = text in OPERATORS or text in STRUCTURES or text in self.columns
        return known or is_kind(text)

    def _without_kind(self, node: source.Mapping) -> None:
        for entry in node.entries:
            known = [*OPERATORS, *STRUCTURES, *self.columns]
            folded = {kind.casefold(): kind for kind in known}
            if kind := folded.get(entry.key.text.casefold()):
                message = f"{entry.key.text} is no kind of layer"
                hint = f"kinds start with a capital: write {kind}"
                self._report(Code.UNKNOWN_KIND, message, entry.key.span, hint)
                return
        self._report(
            Code.INVALID_LAYER,
            "a layer has exactly one kind, such as {Conv: 3x3, out: 64}; here is none",
            node.entries[0].key.span if node.entries else node.span,
            "several layers under names of their own are {Sequence: {...}}",
        )

    def _kind(
        self, name: str, kind: Scalar, value: Node | None, rest: Mapping[str, Entry]
    ) -> Layer | None:
        if kind.text in STRUCTURES:
            if value is None:
                message = f"{kind.text} needs its layers: {kind.text}: ..."
                self._report(Code.MISSING_KEY, message, kind.span)
                return None
            return self._structure(name, kind, value, rest)
        if kind.text in self.columns:
            return self._call(name, kind, value, rest)
        if kind.text not in OPERATORS:
            known = [*OPERATORS, *STRUCTURES, *self.columns]
            hint = suggestion(kind.text, known) or f"known are {', '.join(known)}"
            self._report(Code.UNKNOWN_KIND, f"{kind.text} is no kind of layer", kind.span, hint)
            return None
        fields = self.arguments(kind, value, rest)
        return fields if fields is None else Layer(name, kind.text, fields, (), kind.span)

    def arguments(
        self, kind: Scalar, value: Node | None, rest: Mapping[str, Entry]
    ) -> dict[str, Entry] | None:
        """An operator's fields: what the defaults say, then what the layer says."""
        fields = dict(self.defaults.get(kind.text, {}))
        primary = OPERATORS[kind.text].primary
        if value is None:
            return {**fields, **rest}
        if primary is not None:
            if primary in rest:
                message = f"{primary} stands behind {kind.text}, and again as a key"
                self._report(Code.DUPLICATE_KEY, message, rest[primary].key.span)
                return None
            return {**fields, primary: Entry(kind, value), **rest}
        if isinstance(value, source.Mapping):
            return {**fields, **{entry.key.text: entry for entry in value.entries}, **rest}
        message = f"{kind.text} takes no value of its own, found {found(value)}"
        hint = f"write the bare word {kind.text}, or {{{kind.text}: {{field: value}}}}"
        self._report(Code.INVALID_VALUE, message, value.span, hint)
        return None

    def _structure(
        self, name: str, kind: Scalar, value: Node, rest: Mapping[str, Entry]
    ) -> Layer | None:
        fields = dict(rest)
        for key in [key for key in fields if key not in STRUCTURES[kind.text]]:
            entry = fields.pop(key)
            self.findings.append(unknown_key(entry.key, kind.text, list(STRUCTURES[kind.text])))
        before = len(self.findings)
        if kind.text == "Sequence":
            layers = self.body(value)
        elif kind.text == "Concat":
            layers = self._branches(value)
        elif kind.text == "Residual":
            inner = self.body(value, "Residual")
            layers = (Layer("", "Sequence", {}, inner, kind.span),)
            if (shortcut := fields.pop("shortcut", None)) is not None:
                branch = self._branch("shortcut", shortcut.value)
                layers = (*layers, branch) if branch is not None else layers
        else:
            of = fields.pop("of", None)
            if of is None:
                message = "Repeat needs of: the layer that is repeated"
                self._report(Code.MISSING_KEY, message, kind.span)
                return None
            inside = self.layer("0", of.value)
            layers = (inside,) if inside is not None else ()
            fields["times"] = Entry(kind, value)
        if len(self.findings) > before:
            return None
        return Layer(name, kind.text, fields, layers, kind.span)

    def _branches(self, node: Node) -> tuple[Layer, ...]:
        if isinstance(node, List):
            found_branches = [self._branch(str(i), item) for i, item in enumerate(node.items)]
            branches = tuple(branch for branch in found_branches if branch is not None)
            if len(branches) < len(node.items):
                return branches
        else:
            before = len(self.findings)
            branches = self.body(node, "Concat")
            if len(self.findings) > before:
                return branches
        if len(branches) < 2:
            message = "Concat needs at least two branches"
            self._report(Code.INVALID_LAYER, message, node.span)
        return branches

    def _branch(self, name: str, node: Node) -> Layer | None:
        """A branch of a list: a layer named by its position, or a body without a name."""
        if not isinstance(node, source.Mapping) or self._is_layer(node):
            return self.layer(name, node)
        before = len(self.findings)
        layers = self.body(node, "a branch")
        if len(self.findings) > before:
            return None
        return Layer("", "Sequence", {}, layers, node.span)

    def _is_layer(self, node: source.Mapping) -> bool:
        keys = [entry.key.text for entry in node.entries]
        for key in keys:
            if key in OPERATORS or key in self.columns or key == "Repeat":
                return True
            if key in STRUCTURES:
                return all(other == key or other in STRUCTURES[key] for other in keys)
        return any(
            isinstance(entry.value, Scalar) and not self._is_kind(entry.value.text)
            for entry in node.entries
        )

    def _call(
        self, name: str, kind: Scalar, value: Node | None, rest: Mapping[str, Entry]
    ) -> Layer | None:
        columns = self.columns[kind.text]
        for entry in rest.values():
            self.findings.append(unknown_key(entry.key, f"a row of {kind.text}", []))
        if rest:
            return None
        if value is None or not columns:
            if value is None and not columns:
                return Layer(name, kind.text, {}, (), kind.span)
            message = (
                f"{kind.text} needs a value for each of its columns: {', '.join(columns)}"
                if value is None
                else f"{kind.text} has no columns, so it takes no row"
            )
            hint = None if value is None else f"write the bare word {kind.text}"
            self._report(Code.WRONG_COLUMNS, message, (value or kind).span, hint)
            return None
        if isinstance(value, List):
            if len(value.items) != len(columns):
                self._report(
                    Code.WRONG_COLUMNS,
                    f"{kind.text} has {len(columns)} columns, this row {len(value.items)}",
                    value.span,
                    f"the columns are {', '.join(columns)}",
                )
                return None
            pairs = zip(columns, value.items, strict=True)
            cells = {column: Entry(kind, item) for column, item in pairs}
        elif isinstance(value, source.Mapping):
            cells = {entry.key.text: entry for entry in value.entries}
            unknown = [entry for column, entry in cells.items() if column not in columns]
            for entry in unknown:
                what = f"a row of {kind.text}"
                self.findings.append(unknown_key(entry.key, what, list(columns)))
            missing = [column for column in columns if column not in cells]
            if missing and not unknown:
                message = f"{kind.text} needs its columns {', '.join(missing)}"
                self._report(Code.WRONG_COLUMNS, message, kind.span)
            if missing or unknown:
                return None
        else:
            message = f"a row of {kind.text} is a list or a mapping, found {found(value)}"
            hint = f"[{', '.join(columns)}]"
            self._report(Code.WRONG_COLUMNS, message, value.span, hint)
            return None
        for column, entry in cells.items():
            cell = entry.value
            if not isinstance(cell, Scalar) or cell.value is None or isinstance(cell.value, bool):
                message = f"{column} of {kind.text} takes a number, found {found(cell)}"
                self._report(Code.WRONG_COLUMNS, message, cell.span)
                return None
        return Layer(name, kind.text, {c: cells[c] for c in columns}, (), kind.span)

    def _positions(self, node: List) -> tuple[Layer, ...]:
        if not node.items:
            self._report(Code.INVALID_LAYER, "a list of layers is empty", node.span)
        layers = [self.layer(str(i), item) for i, item in enumerate(node.items)]
        return tuple(layer for layer in layers if layer is not None)

    def _needs_no_class(self, layer: Layer) -> None:
        """A name on a Concat or Residual would need a class that the spec has not named."""
        inside = [layer] if layer.kind in ("Concat", "Residual") else list(layer.children)
        if layer.kind not in ("Sequence", "Repeat", "Concat", "Residual"):
            return
        for part in inside:
            if part.kind in ("Concat", "Residual") and (part is layer or not part.name):
                self._report(
                    Code.INVALID_LAYER,
                    f"a {part.kind} inside {layer.name} needs a class of its own",
                    part.span,
                    f"define it as a module, and write the module's name instead of {part.kind}",
                )

    def _names_well(self, key: Scalar) -> bool:
        finding = check_name(key, "a layer")
        if finding is None and (key.text in OPERATORS or key.text in self.columns):
            finding = Diagnostic(
                Code.INVALID_LAYER,
                f"{key.text} is a kind of layer, where the name of a layer must stand",
                key.span,
                hint=f"write `name: {{{key.text}: ...}}`",
            )
        if finding is not None:
            self.findings.append(finding)
        return finding is None

    def _unique(self, entries: Iterable[Entry]) -> None:
        seen: dict[str, Scalar] = {}
        for key, _ in entries:
            first = seen.setdefault(key.text.casefold(), key)
            if first is not key:
                message = f"{key.text} and {first.text} differ only in case"
                label = Label(first.span, "the first")
                self.findings.append(Diagnostic(Code.DUPLICATE_KEY, message, key.span, (label,)))

    def _report(self, code: Code, message: str, span: Span, hint: str | None = None) -> None:
        self.findings.append(Diagnostic(code, message, span, hint=hint))


def module_columns(node: source.Mapping, findings: list[Diagnostic]) -> tuple[str, ...]:
    """The columns that a module's definition names; findings for those that cannot be."""
    listed = node.get("columns")
    if listed is None:
        return ()
    if not isinstance(listed, List) or not listed.items:
        message = f"columns is a list of names, found {found(listed)}"
        findings.append(Diagnostic(Code.INVALID_VALUE, message, listed.span))
        return ()
    columns: dict[str, str] = {}
    for item in listed.items:
        if not isinstance(item, Scalar) or not isinstance(item.value, str):
            hint = 'a column that starts with # needs quotes: "#1x1"'
            message = f"a column is a name, found {found(item)}"
            findings.append(Diagnostic(Code.INVALID_NAME, message, item.span, hint=hint))
        elif not is_column(item.value) or is_kind(item.value):
            hint = "letters, digits, # and spaces, a letter or # first, as in #3x3 reduce"
            message = f"{item.value!r} cannot name a column"
            findings.append(Diagnostic(Code.INVALID_NAME, message, item.span, hint=hint))
        elif identifier(item.value) in columns:
            message = f"the columns {columns[identifier(item.value)]} and {item.value} are one name"
            findings.append(Diagnostic(Code.DUPLICATE_KEY, message, item.span))
        else:
            columns[identifier(item.value)] = item.value
    return tuple(columns.values())
