"""Nodes → layers as they were written: the grammar of kinds, names, rows and modules.

A value under a name is a bare word (``Flatten``), a list (layers one after the other), or a
mapping with exactly one kind. Only Concat, Residual and Sequence may stand without a name, inside
a body.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from archc.diagnostics import (
    Code,
    Diagnostic,
    Hint,
    Label,
    Replacement,
    is_typo,
    suggest_keyword,
    suggest_name,
)
from archc.diagnostics.spans import Span
from archc.diagnostics.wording import counted
from archc.language.fields.names import check_name
from archc.language.fields.validation import describe, is_empty, unknown_key
from archc.language.grammar.cells import read_row
from archc.language.grammar.kinds import STRUCTURES, check_kind, kind_hint
from archc.language.yaml import source
from archc.language.yaml.source import Entry, List, Node, Scalar
from archc.network.names import is_kind
from archc.ops import OPERATORS
from archc.ops.operator import Operator

MAXIMUM_MODULES = 256
MODULE_KEYS = ("extends", "columns", "about")
"""What a module says beside its layers."""


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


def can_fill(node: Node, field: str) -> bool:
    """Whether the value can be that of a misspelt field: ``Scale: SE`` holds layers, no number."""
    return field != "scale" or (isinstance(node, Scalar) and not is_kind(node.text))


class Grammar:
    """Parses layers; what is wrong with them is added to ``findings``.

    ``columns`` are those of each module; None where they could not be read, so that its rows are
    not judged by them.
    """

    def __init__(
        self,
        diagnostics: list[Diagnostic],
        defaults: Mapping[str, Mapping[str, Entry]],
        columns: Mapping[str, tuple[str, ...] | None],
    ) -> None:
        self.diagnostics = diagnostics
        self.defaults = defaults
        self.columns = columns
        self.used: set[str] = set()
        """The operators that layers are of."""
        self.called: dict[str, None] = {}
        """The modules that layers are of, in the order in which they were last called."""
        self.nested: dict[int, tuple[Node, Operator]] = {}
        """Valid operators in fields such as ``norm``, by the identity of what was written."""

    def layer(self, name: str, node: Node) -> Layer | None:
        """The layer that stands under ``name``; None, with findings added, where there is none."""
        layer = self._layer(name, node)
        if layer is not None and name:
            self._needs_no_class(layer)
            if layer.kind == "Sequence":
                self._named_once(layer)
        return layer

    def body(self, node: Node, kind: str = "Sequence") -> tuple[Layer, ...]:
        """The layers of a mapping (by name) or a list (by position)."""
        if isinstance(node, List):
            return self._positions(node)
        if not isinstance(node, source.Mapping):
            self._report(
                Code.INVALID_LAYER, f"{kind} holds layers, found {describe(node)}", node.span
            )
            return ()
        if not node.entries:
            self._report(Code.INVALID_LAYER, f"{kind} holds no layer", node.span)
        layers = []
        for key, value in node.entries:
            if key.text in ("Concat", "Residual", "Sequence"):
                layers.append(self._structure("", key, value, {}))
            elif (close := self._structure_meant(key, value)) is not None:
                self._report(Code.UNKNOWN_KIND, f"{key.text} is no kind of layer", key.span, close)
            elif self.names_well(key):
                layers.append(self.layer(key.text, value))
        self.unique(node.entries)
        return tuple(layer for layer in layers if layer is not None)

    def definition(self, key: Scalar, node: Node) -> Definition | None:
        """A module: its columns, and exactly one structure as its body."""
        if (diagnostic := check_kind(key, "a module")) is not None:
            self.diagnostics.append(diagnostic)
            return None
        if not isinstance(node, source.Mapping):
            self._report(
                Code.INVALID_LAYER,
                f"module {key.text} is a mapping with a Sequence, Concat or Residual, "
                f"found {describe(node)}",
                node.span,
            )
            return None
        entries = {entry.key.text: entry for entry in node.entries}
        kinds = [entry for name, entry in entries.items() if name in STRUCTURES]
        bodies = [entry for entry in kinds if entry.key.text != "Repeat"]
        if len(bodies) != 1 or len(kinds) != 1:
            self._without_body(key, node, kinds)
            return None
        kind = bodies[0].key
        rest = {name: e for name, e in entries.items() if name not in ("columns", "about")}
        del rest[kind.text]
        for name, entry in list(rest.items()):
            if name not in STRUCTURES[kind.text]:
                takes = [*MODULE_KEYS, *STRUCTURES[kind.text]]
                diagnostic = unknown_key(entry.key, f"module {key.text}", takes)
                hint = diagnostic.hint
                if isinstance(hint, Replacement) and not can_fill(entry.value, hint.text):
                    diagnostic = diagnostic._replace(hint=f"it takes {', '.join(takes)}")
                close = suggest_keyword(name, STRUCTURES)
                meant = is_kind(name) or (close is not None and is_typo(name, close.text))
                self.diagnostics.append(
                    diagnostic._replace(hint=close if close and meant else diagnostic.hint)
                )
                del rest[name]
        body = self._structure("", kind, bodies[0].value, rest)
        if body is None:
            return None
        self._named_once(body)
        about = entries["about"].value if "about" in entries else None
        text = about.text if isinstance(about, Scalar) else ""
        return Definition(key.text, self.columns.get(key.text) or (), text, body, key.span)

    def _without_body(self, name: Scalar, node: source.Mapping, kinds: list[Entry]) -> None:
        message = f"module {name.text} needs exactly one of Sequence, Concat and Residual"
        span, hint = name.span, None
        if kinds:
            span = kinds[-1].key.span
            if kinds[0].key.text == "Repeat":
                hint = "a Repeat stands in a Sequence, under a name"
        else:
            others = [key for key, _ in node.entries if key.text not in MODULE_KEYS]
            # One key alone is meant as a structure; several are layers.
            if len(others) == 1 and is_kind(others[0].text):
                span = others[0].span
                message += f", and {others[0].text} is none of them"
            if others:
                hint = "its layers stand under Sequence:"
        self._report(Code.INVALID_LAYER, message, span, hint)

    def _layer(self, name: str, node: Node) -> Layer | None:
        if isinstance(node, List):
            if self._is_row(node):
                self._without_module(name, node)
                return None
            return Layer(name, "Sequence", {}, self._positions(node), node.span)
        if isinstance(node, Scalar):
            if not isinstance(node.value, str):
                message = f"a layer is needed here, found {describe(node)}"
                empty = "put its kind here; in a variant `none` removes it"
                hint = empty if is_empty(node) else None
                self._report(Code.INVALID_LAYER, message, node.span, hint)
                return None
            return self._kind(name, node, None, {})
        entries = {entry.key.text: entry for entry in node.entries}
        kinds = [entry for entry in node.entries if self._is_kind(entry.key.text)]
        if len(kinds) > 1:
            kinds = self._without_fields(kinds)
        if len(kinds) > 1:
            self.diagnostics.append(
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
            return self._without_kind(name, node)
        kind = kinds[0]
        rest = {key: entry for key, entry in entries.items() if key != kind.key.text}
        return self._kind(name, kind.key, kind.value, rest)

    def _is_kind(self, text: str) -> bool:
        known = text in OPERATORS or text in STRUCTURES or text in self.columns
        return known or is_kind(text)

    def _without_fields(self, kinds: list[Entry]) -> list[Entry]:
        """The kinds without those that are a field of the others, written with a capital."""
        fields: set[str] = set(STRUCTURES["Repeat"])
        for kind in kinds:
            if kind.key.text in OPERATORS:
                fields |= OPERATORS[kind.key.text].model_fields.keys()
        return [kind for kind in kinds if kind.key.text.lower() not in fields]

    def _is_row(self, node: List) -> bool:
        """Whether the list holds cells, at least one of them a number, in place of layers."""
        cells = [item for item in node.items if isinstance(item, Scalar)]
        numbers = [cell for cell in cells if isinstance(cell.value, int | float)]
        words = [cell for cell in cells if isinstance(cell.value, str)]
        known = any(self._is_kind(word.text) for word in words)
        return bool(numbers) and len(cells) == len(node.items) and not known

    def _without_module(self, name: str, node: List | source.Mapping) -> None:
        """A row's cells without their module: they fit one, most likely the one called last."""
        called = [*reversed(self.called), *self.columns]
        fitting = [module for module in dict.fromkeys(called) if self._fits(node, module)]
        cells = node.items if isinstance(node, List) else node.entries
        message = f"{name or 'this'} is a row of {counted(len(cells), 'cell')} without its module"
        hint: Hint | None = None
        if fitting and node.span.line == node.span.end_line:
            row = f"{{{fitting[0]}: {node.span.text}}}"
            # Some of the cells alone are a row where a variant changes it.
            is_whole = len(cells) == len(self.columns[fitting[0]] or ())
            hint = Replacement(row, f"write {row}", safe=len(fitting) == 1 and is_whole)
        elif fitting:
            hint = f"it is a row of {fitting[0]}: indent it below {fitting[0]}:"
        else:
            needs = [f"{module} has {len(row)}" for module, row in self.columns.items() if row]
            hint = f"of the modules' columns, {', '.join(needs)}" if needs else None
        self._report(Code.INVALID_LAYER, message, node.span, hint)

    def _fits(self, row: List | source.Mapping, module: str) -> bool:
        columns = self.columns[module] or ()
        if isinstance(row, List):
            return len(columns) == len(row.items)
        return bool(row.entries) and {entry.key.text for entry in row.entries} <= {*columns}

    def _without_kind(self, name: str, node: source.Mapping) -> Layer | None:
        if any(self._fits(node, module) for module in self.columns):
            self._without_module(name, node)
            return None
        for key, value in node.entries:
            hint = self._kind_meant(key.text)
            if isinstance(hint, Replacement) and is_typo(key.text, hint.text):
                rest = {other.text: Entry(other, v) for other, v in node.entries if other != key}
                return self._unknown_kind(name, key, value, rest, hint)
        hint = self._kind_meant("")
        if any(not isinstance(entry.value, Scalar) for entry in node.entries):
            hint = "several layers under names of their own are {Sequence: {...}}"
        self._report(
            Code.INVALID_LAYER,
            "a layer has exactly one kind, such as {Conv: 3x3, out: 64}; here is none",
            node.entries[0].key.span if node.entries else node.span,
            hint,
        )
        return None

    def _unknown_kind(
        self, name: str, kind: Scalar, value: Node | None, rest: Mapping[str, Entry], hint: Hint
    ) -> Layer | None:
        """A finding for the kind, and the layer as it is meant where that is beyond doubt.

        So what else is wrong with the layer is found as well.
        """
        self._report(Code.UNKNOWN_KIND, f"{kind.text} is no kind of layer", kind.span, hint)
        if not isinstance(hint, Replacement) or not hint.safe or value is None:
            return None
        if not self._is_kind(hint.text):
            return None
        return self._kind(name, Scalar(hint.text, hint.text, kind.span), value, rest)

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
            columns = self.columns[kind.text]
            self.called.pop(kind.text, None)
            self.called[kind.text] = None
            cells = (
                {} if columns is None else read_row(kind, value, rest, columns, self.diagnostics)
            )
            return None if cells is None else Layer(name, kind.text, cells, (), kind.span)
        if kind.text not in OPERATORS:
            hint = self._kind_meant(kind.text, none=value is None)
            return self._unknown_kind(name, kind, value, rest, hint)
        fields = self.arguments(kind, value, rest)
        return fields if fields is None else Layer(name, kind.text, fields, (), kind.span)

    def _structure_meant(self, key: Scalar, value: Node) -> Replacement | None:
        """What is meant by a name that is close to a structure's, and holds no layer."""
        if not isinstance(value, source.Mapping):
            return None
        if any(self._is_kind(entry.key.text) for entry in value.entries):
            return None
        close = suggest_keyword(key.text, ("Concat", "Residual", "Sequence"))
        meant = close is not None and (is_kind(key.text) or is_typo(key.text, close.text))
        return close if meant else None

    def _kind_meant(self, word: str, none: bool = False) -> Hint:
        """The kind that is meant, or all there are; a module's own name may be what is misspelt."""
        module = suggest_name(word, self.columns)
        if module is not None and is_typo(word, module.text):
            return module
        hint = kind_hint(word, [*OPERATORS, *STRUCTURES, *self.columns], none)
        if isinstance(hint, Replacement):
            return hint._replace(safe=hint.safe and hint.text not in self.columns)
        return hint or f"the kinds are {', '.join([*OPERATORS, *STRUCTURES, *self.columns])}"

    def arguments(
        self, kind: Scalar, value: Node | None, rest: Mapping[str, Entry]
    ) -> dict[str, Entry] | None:
        """An operator's fields: what the defaults say, then what the layer says."""
        self.used.add(kind.text)
        fields = dict(self.defaults.get(kind.text, {}))
        primary = OPERATORS[kind.text].primary
        if value is None:
            return {**fields, **rest}
        if isinstance(value, Scalar):
            for name in OPERATORS[kind.text].replaced_by(value.value):
                fields.pop(name, None)
        if primary is not None:
            if primary in rest:
                message = f"{primary} stands behind {kind.text}, and again as a key"
                self._report(Code.DUPLICATE_KEY, message, rest[primary].key.span)
                return None
            return {**fields, primary: Entry(kind, value), **rest}
        if isinstance(value, source.Mapping):
            return {**fields, **{entry.key.text: entry for entry in value.entries}, **rest}
        message = f"{kind.text} takes no value of its own, found {describe(value)}"
        hint = f"use the bare word {kind.text}, or {{{kind.text}: {{field: value}}}}"
        self._report(Code.INVALID_VALUE, message, value.span, hint)
        return None

    def _structure(
        self, name: str, kind: Scalar, value: Node, rest: Mapping[str, Entry]
    ) -> Layer | None:
        fields = dict(rest)
        for key in [key for key in fields if key not in STRUCTURES[kind.text]]:
            entry = fields.pop(key)
            self.diagnostics.append(unknown_key(entry.key, kind.text, list(STRUCTURES[kind.text])))
        before = len(self.diagnostics)
        layers: tuple[Layer, ...]
        if is_empty(value) and kind.text != "Repeat":
            message = f"{kind.text} holds layers, found {describe(value)}"
            self._report(Code.INVALID_LAYER, message, kind.span)
            return None
        if kind.text == "Sequence":
            layers = self.body(value)
        elif kind.text == "Concat":
            layers = self._branches(kind, value)
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
        if len(self.diagnostics) > before:
            return None
        return Layer(name, kind.text, fields, layers, kind.span)

    def _branches(self, kind: Scalar, node: Node) -> tuple[Layer, ...]:
        if isinstance(node, List):
            found_branches = [self._branch(str(i), item) for i, item in enumerate(node.items)]
            branches = tuple(branch for branch in found_branches if branch is not None)
            if len(branches) < len(node.items):
                return branches
        else:
            before = len(self.diagnostics)
            branches = self.body(node, "Concat")
            if len(self.diagnostics) > before:
                return branches
        if len(branches) < 2:
            message = "Concat needs at least two branches"
            self._report(Code.INVALID_LAYER, message, kind.span)
        return branches

    def _branch(self, name: str, node: Node) -> Layer | None:
        """A branch of a list: a layer named by its position, or a body without a name."""
        if not isinstance(node, source.Mapping) or self._is_layer(node):
            return self.layer(name, node)
        before = len(self.diagnostics)
        layers = self.body(node, "a branch")
        if len(self.diagnostics) > before:
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
                    f"a {part.kind} under a name, {layer.name}, needs a class of its own",
                    part.span,
                    f"define it as a module, and use the module's name instead of {part.kind}",
                )

    def _named_once(self, holder: Layer) -> None:
        """Structure without a name adds nothing to a path: names below it share one scope."""
        seen: dict[str, Layer] = {}
        pending = list(reversed(holder.children))
        while pending:
            layer = pending.pop()
            if not layer.name:
                pending += reversed(layer.children)
            elif (first := seen.setdefault(layer.name.casefold(), layer)) is not layer:
                message = f"two layers are called {layer.name}, with no name above to part them"
                label = Label(first.span, "the first")
                hint = "give them names that differ in more than case"
                diagnostic = Diagnostic(
                    Code.DUPLICATE_KEY, message, layer.span, (label,), hint=hint
                )
                self.diagnostics.append(diagnostic)

    def names_well(self, key: Scalar) -> bool:
        """Whether the key can name a layer; a finding is added where it cannot."""
        diagnostic = check_name(key, "a layer")
        known = (*OPERATORS, *STRUCTURES, *self.columns, "Aux")
        if diagnostic is None and key.text in known:
            diagnostic = Diagnostic(
                Code.INVALID_LAYER,
                f"{key.text} is a kind of layer, where the name of a layer must stand",
                key.span,
                hint=f"put it under a name, `name: {{{key.text}: ...}}`",
            )
        if diagnostic is not None:
            self.diagnostics.append(diagnostic)
        return diagnostic is None

    def unique(self, entries: Iterable[Entry]) -> None:
        """Adds a finding for each name that is another one but for case."""
        seen: dict[str, Scalar] = {}
        for key, _ in entries:
            first = seen.setdefault(key.text.casefold(), key)
            if first is not key:
                same = key.text == first.text
                how = "are one name" if same else "differ only in case"
                message = f"{first.text} and {key.text} {how}"
                label = Label(first.span, "the first")
                self.diagnostics.append(Diagnostic(Code.DUPLICATE_KEY, message, key.span, (label,)))

    def _report(self, code: Code, message: str, span: Span, hint: Hint | None = None) -> None:
        self.diagnostics.append(Diagnostic(code, message, span, hint=hint))
