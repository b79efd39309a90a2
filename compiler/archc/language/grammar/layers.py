"""Parse layers.

The value of a name is a word (``Flatten``), a list of layers that run one after the other, or a
mapping with exactly one kind. Inside a body, Concat, Residual and Sequence need no name.
"""

from collections.abc import Mapping

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
from archc.language.fields.validation import describe, is_empty, unknown_key
from archc.language.grammar.cells import fitting_modules, is_row, parse_row, row_without_module
from archc.language.grammar.kinds import STRUCTURES, kind_hint
from archc.language.grammar.layer_names import (
    check_layer_name,
    check_needs_no_class,
    check_unique,
    check_unique_below,
)
from archc.language.grammar.syntax_tree import Layer
from archc.language.yaml import nodes
from archc.language.yaml.nodes import Entry, List, Node, Scalar
from archc.network.names import is_kind
from archc.ops import OPERATORS
from archc.ops.operator import Operator


class LayerParser:
    """Parses layers, and adds a diagnostic for each one that is invalid.

    ``columns`` maps each module to its columns, or to None if they are invalid: its rows are then
    not checked. ``defaults`` maps operators to the fields of the section ``defaults``.
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
        self.used_operators: set[str] = set()
        self.called_modules: dict[str, None] = {}
        """The modules that layers use, the last used one last."""
        self.nested_operators: dict[int, tuple[Node, Operator]] = {}
        """Valid operators in fields such as ``norm``, by the id of their nodes."""

    def parse_layer(self, name: str, node: Node) -> Layer | None:
        """Return the layer named ``name``; None if it is invalid."""
        layer = self._parse_value(name, node)
        if layer is not None and name:
            self.diagnostics += check_needs_no_class(layer)
            if layer.kind == "Sequence":
                self.diagnostics += check_unique_below(layer)
        return layer

    def parse_body(self, node: Node, kind: str = "Sequence") -> tuple[Layer, ...]:
        """Return the layers of a mapping, by name, or of a list, by position."""
        if isinstance(node, List):
            return self._parse_list(node)
        if not isinstance(node, nodes.Mapping):
            message = f"{kind}: expected layers, found {describe(node)}"
            self._report(Code.INVALID_LAYER, message, node.span)
            return ()
        if not node.entries:
            self._report(Code.INVALID_LAYER, f"{kind} has no layers", node.span)
        layers = []
        for key, value in node.entries:
            if key.text in ("Concat", "Residual", "Sequence"):
                layers.append(self.parse_structure("", key, value, {}))
            elif (close := self._intended_structure(key, value)) is not None:
                self._report(Code.UNKNOWN_KIND, f"unknown layer kind {key.text}", key.span, close)
            elif self.check_name(key):
                layers.append(self.parse_layer(key.text, value))
        self.diagnostics += check_unique(node.entries)
        return tuple(layer for layer in layers if layer is not None)

    def check_name(self, key: Scalar) -> bool:
        """Return whether the key can name a layer; add a diagnostic if it cannot."""
        diagnostic = check_layer_name(key, (*OPERATORS, *STRUCTURES, *self.columns, "Aux"))
        if diagnostic is not None:
            self.diagnostics.append(diagnostic)
        return diagnostic is None

    def _parse_value(self, name: str, node: Node) -> Layer | None:
        if isinstance(node, List):
            if is_row(node, self._is_kind):
                self._row_without_module(name, node)
                return None
            return Layer(name, "Sequence", {}, self._parse_list(node), node.span)
        if isinstance(node, Scalar):
            if not isinstance(node.value, str):
                message = f"expected a layer, found {describe(node)}"
                empty = "put its kind here, or `none` to remove it in a variant"
                hint = empty if is_empty(node) else None
                self._report(Code.INVALID_LAYER, message, node.span, hint)
                return None
            return self._parse_kind(name, node, None, {})
        entries = {entry.key.text: entry for entry in node.entries}
        kinds = [entry for entry in node.entries if self._is_kind(entry.key.text)]
        if len(kinds) > 1:
            kinds = _without_fields(kinds)
        if len(kinds) > 1:
            self.diagnostics.append(
                Diagnostic(
                    Code.INVALID_LAYER,
                    f"two kinds in one layer, {kinds[0].key.text} and {kinds[1].key.text}",
                    kinds[1].key.span,
                    (Label(kinds[0].key.span, "the first kind"),),
                    hint="put several layers into a list, or under names of their own",
                )
            )
            return None
        if not kinds:
            return self._layer_without_kind(name, node)
        kind = kinds[0]
        rest = {key: entry for key, entry in entries.items() if key != kind.key.text}
        return self._parse_kind(name, kind.key, kind.value, rest)

    def _is_kind(self, text: str) -> bool:
        known = text in OPERATORS or text in STRUCTURES or text in self.columns
        return known or is_kind(text)

    def _row_without_module(self, name: str, node: List | nodes.Mapping) -> None:
        self.diagnostics.append(row_without_module(name, node, self.columns, self.called_modules))

    def _layer_without_kind(self, name: str, node: nodes.Mapping) -> Layer | None:
        if fitting_modules(node, self.columns):
            self._row_without_module(name, node)
            return None
        for key, value in node.entries:
            hint = self._intended_kind(key.text)
            if isinstance(hint, Replacement) and is_typo(key.text, hint.text):
                rest = {other.text: Entry(other, v) for other, v in node.entries if other != key}
                return self._unknown_kind(name, key, value, rest, hint)
        hint = self._intended_kind("")
        if any(not isinstance(entry.value, Scalar) for entry in node.entries):
            hint = "put several named layers into {Sequence: {...}}"
        self._report(
            Code.INVALID_LAYER,
            "missing layer kind: a layer has exactly one, such as {Conv: 3x3, out: 64}",
            node.entries[0].key.span if node.entries else node.span,
            hint,
        )
        return None

    def _unknown_kind(
        self, name: str, kind: Scalar, value: Node | None, rest: Mapping[str, Entry], hint: Hint
    ) -> Layer | None:
        """Report an unknown kind; return the layer with the intended kind if that is certain.

        With it, the rest of the layer is checked too.
        """
        self._report(Code.UNKNOWN_KIND, f"unknown layer kind {kind.text}", kind.span, hint)
        if not isinstance(hint, Replacement) or not hint.safe or value is None:
            return None
        if not self._is_kind(hint.text):
            return None
        return self._parse_kind(name, Scalar(hint.text, hint.text, kind.span), value, rest)

    def _parse_kind(
        self, name: str, kind: Scalar, value: Node | None, rest: Mapping[str, Entry]
    ) -> Layer | None:
        if kind.text in STRUCTURES:
            if value is None:
                message = f"{kind.text} needs layers, as in {kind.text}: ..."
                self._report(Code.MISSING_KEY, message, kind.span)
                return None
            return self.parse_structure(name, kind, value, rest)
        if kind.text in self.columns:
            columns = self.columns[kind.text]
            self.called_modules.pop(kind.text, None)
            self.called_modules[kind.text] = None
            if columns is None:
                return Layer(name, kind.text, {}, (), kind.span)
            cells = parse_row(kind, value, rest, columns, self.diagnostics)
            return None if cells is None else Layer(name, kind.text, cells, (), kind.span)
        if kind.text not in OPERATORS:
            hint = self._intended_kind(kind.text, none=value is None)
            return self._unknown_kind(name, kind, value, rest, hint)
        fields = self._fields(kind, value, rest)
        return None if fields is None else Layer(name, kind.text, fields, (), kind.span)

    def _intended_structure(self, key: Scalar, value: Node) -> Replacement | None:
        """Return the structure that the key misspells.

        None if the value contains a kind: then the key is the name of a layer.
        """
        if not isinstance(value, nodes.Mapping):
            return None
        if any(self._is_kind(entry.key.text) for entry in value.entries):
            return None
        close = suggest_keyword(key.text, ("Concat", "Residual", "Sequence"))
        meant = close is not None and (is_kind(key.text) or is_typo(key.text, close.text))
        return close if meant else None

    def _intended_kind(self, word: str, none: bool = False) -> Hint:
        """Return a hint at the intended kind, or at all kinds.

        A module is never a safe replacement: its definition may be misspelt instead.
        """
        module = suggest_name(word, self.columns)
        if module is not None and is_typo(word, module.text):
            return module
        hint = kind_hint(word, [*OPERATORS, *STRUCTURES, *self.columns], none)
        if isinstance(hint, Replacement):
            return hint._replace(safe=hint.safe and hint.text not in self.columns)
        return hint or f"the kinds are {', '.join([*OPERATORS, *STRUCTURES, *self.columns])}"

    def _fields(
        self, kind: Scalar, value: Node | None, rest: Mapping[str, Entry]
    ) -> dict[str, Entry] | None:
        """Return an operator's fields: the defaults, overridden by the layer's own fields."""
        self.used_operators.add(kind.text)
        fields = dict(self.defaults.get(kind.text, {}))
        positional = OPERATORS[kind.text].positional_field
        if value is None:
            return {**fields, **rest}
        if isinstance(value, Scalar):
            for name in OPERATORS[kind.text].overridden_defaults(value.value):
                fields.pop(name, None)
        if positional is not None:
            if positional in rest:
                message = f"{positional} is given twice: after {kind.text} and as a key"
                self._report(Code.DUPLICATE_KEY, message, rest[positional].key.span)
                return None
            return {**fields, positional: Entry(kind, value), **rest}
        if isinstance(value, nodes.Mapping):
            return {**fields, **{entry.key.text: entry for entry in value.entries}, **rest}
        message = f"{kind.text} takes no value, found {describe(value)}"
        hint = f"use {kind.text} alone, or {{{kind.text}: {{field: value}}}}"
        self._report(Code.INVALID_VALUE, message, value.span, hint)
        return None

    def parse_structure(
        self, name: str, kind: Scalar, value: Node, rest: Mapping[str, Entry]
    ) -> Layer | None:
        """Return the structure ``kind`` with its layers in ``value`` and its fields in ``rest``."""
        fields = dict(rest)
        for key in [key for key in fields if key not in STRUCTURES[kind.text]]:
            entry = fields.pop(key)
            self.diagnostics.append(unknown_key(entry.key, kind.text, list(STRUCTURES[kind.text])))
        before = len(self.diagnostics)
        layers: tuple[Layer, ...]
        if is_empty(value) and kind.text != "Repeat":
            message = f"{kind.text}: expected layers, found {describe(value)}"
            self._report(Code.INVALID_LAYER, message, kind.span)
            return None
        if kind.text == "Sequence":
            layers = self.parse_body(value)
        elif kind.text == "Concat":
            layers = self._parse_branches(kind, value)
        elif kind.text == "Residual":
            inner = self.parse_body(value, "Residual")
            layers = (Layer("", "Sequence", {}, inner, kind.span),)
            if (shortcut := fields.pop("shortcut", None)) is not None:
                branch = self._parse_branch("shortcut", shortcut.value)
                layers = (*layers, branch) if branch is not None else layers
        else:
            of = fields.pop("of", None)
            if of is None:
                message = "Repeat needs the key of: the layer to repeat"
                self._report(Code.MISSING_KEY, message, kind.span)
                return None
            inside = self.parse_layer("0", of.value)
            layers = (inside,) if inside is not None else ()
            fields["times"] = Entry(kind, value)
        if len(self.diagnostics) > before:
            return None
        return Layer(name, kind.text, fields, layers, kind.span)

    def _parse_branches(self, kind: Scalar, node: Node) -> tuple[Layer, ...]:
        if isinstance(node, List):
            parsed = [self._parse_branch(str(i), item) for i, item in enumerate(node.items)]
            branches = tuple(branch for branch in parsed if branch is not None)
            if len(branches) < len(node.items):
                return branches
        else:
            before = len(self.diagnostics)
            branches = self.parse_body(node, "Concat")
            if len(self.diagnostics) > before:
                return branches
        if len(branches) < 2:
            message = "Concat needs at least two branches"
            self._report(Code.INVALID_LAYER, message, kind.span)
        return branches

    def _parse_branch(self, name: str, node: Node) -> Layer | None:
        """Return a branch of a list: a layer named by its position, or an unnamed Sequence."""
        if not isinstance(node, nodes.Mapping) or self._is_layer(node):
            return self.parse_layer(name, node)
        before = len(self.diagnostics)
        layers = self.parse_body(node, "a branch")
        if len(self.diagnostics) > before:
            return None
        return Layer("", "Sequence", {}, layers, node.span)

    def _is_layer(self, node: nodes.Mapping) -> bool:
        """Return whether the mapping is one layer, and not a body of named layers."""
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

    def _parse_list(self, node: List) -> tuple[Layer, ...]:
        if not node.items:
            self._report(Code.INVALID_LAYER, "the list of layers is empty", node.span)
        layers = [self.parse_layer(str(i), item) for i, item in enumerate(node.items)]
        return tuple(layer for layer in layers if layer is not None)

    def _report(self, code: Code, message: str, span: Span, hint: Hint | None = None) -> None:
        self.diagnostics.append(Diagnostic(code, message, span, hint=hint))


def _without_fields(kinds: list[Entry]) -> list[Entry]:
    """Return the kinds without those that are fields of the others, as ``Bias`` for ``bias``."""
    fields: set[str] = set(STRUCTURES["Repeat"])
    for kind in kinds:
        if kind.key.text in OPERATORS:
            fields |= OPERATORS[kind.key.text].model_fields.keys()
    return [kind for kind in kinds if kind.key.text.lower() not in fields]
