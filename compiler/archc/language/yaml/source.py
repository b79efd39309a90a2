"""Text → nodes with spans, read from libyaml's events by a composer of our own.

PyYAML's loaders crash or stall on hostile text and take ``1_000`` or ``on`` for something else;
this composer refuses what a spec does without and resolves scalars by YAML 1.2's core rules.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

import yaml
from yaml._yaml import CParser

from archc.diagnostics import Code, Diagnostic, Label, Replacement
from archc.diagnostics.collector import DiagnosticCollector, TooManyDiagnostics
from archc.diagnostics.spans import Source, Span
from archc.language.yaml.mistakes import find_mistake
from archc.language.yaml.syntax_hints import general_hint, plain_hint

MAXIMUM_DEPTH = 64
MAXIMUM_NODES = 4_000
MAXIMUM_LINE = 10_000

Value = str | int | float | bool | None


class Scalar(NamedTuple):
    """A single value; ``text`` is how it was written."""

    value: Value
    text: str
    span: Span


class List(NamedTuple):
    """A YAML sequence."""

    items: "tuple[Node, ...]"
    span: Span


class Entry(NamedTuple):
    """A key and its value."""

    key: Scalar
    value: "Node"


class Mapping(NamedTuple):
    """A YAML mapping with text keys, in file order; no key stands twice."""

    entries: tuple[Entry, ...]
    span: Span

    def get(self, name: str) -> "Node | None":
        """The value under ``name``, or None."""
        return next((entry.value for entry in self.entries if entry.key.text == name), None)


Node = Scalar | List | Mapping


def compose(source: Source) -> Mapping | list[Diagnostic]:
    """The document's top mapping, or everything that keeps the text from being one."""
    composer = _Composer(source)
    try:
        node = composer.document()
    except _Fatal as fatal:
        return [*composer.diagnostics, fatal.diagnostic]
    except TooManyDiagnostics:
        return composer.diagnostics
    if composer.diagnostics:
        return composer.diagnostics
    if not isinstance(node, Mapping):
        found = "empty" if node is None else describe_type(node)
        return [
            Diagnostic(
                Code.SYNTAX,
                f"a spec is a mapping of keys to values, this file is {found}",
                node.span if node else Span(source, 1, 1, 1, 2),
                hint="start with `archc: 1`, then `name:`, `input:` and the layers",
            )
        ]
    return node


def type_name(node: Node) -> str:
    """What to call the node in a message."""
    if isinstance(node, List):
        return "list"
    if isinstance(node, Mapping):
        return "mapping"
    return {bool: "boolean", int: "number", float: "number", str: "text"}.get(
        type(node.value), "empty value"
    )


def describe_type(node: Node) -> str:
    """The same with its article."""
    kind = type_name(node)
    return kind if kind == "text" else f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


class _Fatal(Exception):
    def __init__(self, diagnostic: Diagnostic) -> None:
        self.diagnostic = diagnostic


class _Composer:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.diagnostics: list[Diagnostic] = DiagnosticCollector()
        self.nodes = 0

    def document(self) -> Node | None:
        text = "\n".join(self.source.lines)
        self._refuse_odd_characters()
        events = self._events(text)
        next(events)  # the stream's start
        if isinstance(next(events), yaml.StreamEndEvent):
            return None
        node = self._node(next(events), events, 1)
        next(events)  # the document's end
        following = next(events)
        if not isinstance(following, yaml.StreamEndEvent):
            self._refuse(following, "a second document", "a file holds one spec: remove the `---`")
        return node

    def _events(self, text: str) -> Iterator[yaml.Event]:
        parser = CParser(text)
        try:
            while (event := parser.get_event()) is not None:
                yield event
        except yaml.MarkedYAMLError as error:
            raise _Fatal(self._syntax(error)) from None
        except yaml.YAMLError as error:
            raise _Fatal(Diagnostic(Code.SYNTAX, f"not YAML: {error}")) from None
        finally:
            parser.dispose()

    def _syntax(self, error: yaml.MarkedYAMLError) -> Diagnostic:
        mark = error.problem_mark or error.context_mark
        place = self._mark(mark) if mark else Span(self.source, 1, 1, 1, 2)
        start = error.context_mark
        labels: tuple[Label, ...] = ()
        if start and (start.line, start.column) != (place.line - 1, place.column - 1):
            labels = (Label(self._mark(start), f"{error.context} that starts here"),)
        message = f"not YAML: {error.problem}"
        problem = error.problem or ""
        # A missing colon is noticed a line later, where the next key is.
        late = problem == "could not find expected ':'" and start is not None
        written = self._line(start.line + 1) if late and start else place
        if hint := plain_hint(problem, self.source, written):
            return Diagnostic(Code.SYNTAX, message, written, () if late else labels, hint=hint)
        if mistake := find_mistake(self.source, place.line, place.column, problem):
            noticed = (place.line, place.column) != (mistake.span.line, mistake.span.column)
            labels = (Label(place, f"noticed here: {problem}"),) if noticed else ()
            return Diagnostic(Code.SYNTAX, mistake.message, mistake.span, labels, hint=mistake.hint)
        hint = general_hint(problem, self.source, written)
        return Diagnostic(Code.SYNTAX, message, written, () if late else labels, hint=hint)

    def _line(self, number: int) -> Span:
        """All that is written on the line, but for its comment."""
        text = self.source.line(number)
        written = text.partition(" #")[0].rstrip() or text
        first = len(text) - len(text.lstrip()) + 1
        return Span(self.source, number, first, number, max(first, len(written)) + 1)

    def _mark(self, mark: yaml.Mark) -> Span:
        line, column = mark.line + 1, mark.column + 1
        if line > len(self.source.lines):  # libyaml ends every file with a line feed
            line = len(self.source.lines)
            column = len(self.source.line(line)) + 1
        return Span(self.source, line, column, line, column + 1)

    def _refuse_odd_characters(self) -> None:
        for number, line in enumerate(self.source.lines, 1):
            if len(line) > MAXIMUM_LINE:
                place = Span(self.source, number, 1, number, MAXIMUM_LINE)
                message = f"a line of {len(line):,} characters, where {MAXIMUM_LINE:,} are the most"
                raise _Fatal(Diagnostic(Code.LIMIT, message, place))
            if line.isprintable():
                continue
            bad = _ODD.search(line.removesuffix("\r"))
            if bad:
                column = bad.start() + 1
                raise _Fatal(
                    Diagnostic(
                        Code.SYNTAX,
                        f"the character U+{ord(bad.group()):04X} cannot stand in a spec",
                        Span(self.source, number, column, number, column + 1),
                        hint="remove it: spaces are plain spaces, and lines end with a line feed",
                    )
                )

    def _node(self, event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> Node:
        self.nodes += 1
        if self.nodes > MAXIMUM_NODES:
            message = f"more than {MAXIMUM_NODES:,} keys and values"
            hint = "Repeat and modules say a thing once"
            raise _Fatal(Diagnostic(Code.LIMIT, message, self._span(event), hint=hint))
        if depth > MAXIMUM_DEPTH:
            raise _Fatal(
                Diagnostic(
                    Code.LIMIT, f"nested deeper than {MAXIMUM_DEPTH} levels", self._span(event)
                )
            )
        if isinstance(event, yaml.AliasEvent):
            self._refuse(event, "an alias (`*`)", "`extends` or a module says a thing once")
            return Scalar(None, "", self._span(event))
        assert isinstance(event, yaml.NodeEvent)
        if event.anchor:
            self._refuse(event, "an anchor (`&`)", "`extends` or a module says a thing once")
        if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            hint = "remove it: values have the type they show; text that starts with ! needs quotes"
            self._refuse(event, f"a tag ({tag})", hint)
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        if isinstance(event, yaml.SequenceStartEvent):
            items = []
            while not isinstance(item := next(events), yaml.SequenceEndEvent):
                items.append(self._node(item, events, depth + 1))
            self._refuse_bare_pairs(event, items)
            return List(tuple(items), self._block(event, item, items))
        entries: dict[str, Entry] = {}
        while not isinstance(start := next(events), yaml.MappingEndEvent):
            key = self._node(start, events, depth + 1)
            value = self._node(next(events), events, depth + 1)
            if not isinstance(key, Scalar) or isinstance(key.value, bool) or key.value is None:
                message = f"a key is a word, not {describe_type(key)}"
                self.diagnostics.append(Diagnostic(Code.SYNTAX, message, key.span))
            elif glued := _glued(key, value):
                self.diagnostics.append(glued)
            elif key.text == "<<":
                self._refuse(start, "a merge key (`<<`)", "`extends` says what differs")
            elif key.text in entries:
                self.diagnostics.append(
                    Diagnostic(
                        Code.DUPLICATE_KEY,
                        f"{key.text} stands twice in one mapping",
                        key.span,
                        (Label(entries[key.text].key.span, "first here"),),
                    )
                )
            else:
                entries[key.text] = Entry(key, value)
        values = [entry.value for entry in entries.values()]
        return Mapping(tuple(entries.values()), self._block(event, start, values))

    def _refuse_bare_pairs(self, start: yaml.SequenceStartEvent, items: list[Node]) -> None:
        """``[Conv: 3x3, out: 64]`` is a list of two mappings, and never what is meant."""
        for item in items:
            if not start.flow_style or not isinstance(item, Mapping) or not item.entries:
                continue
            key = item.entries[0].key.span
            if (key.line, key.column) == (item.span.line, item.span.column):
                message = "a key without braces in a list"
                hint = "in a list each layer has braces: [{Conv: 3x3, out: 64}]"
                self.diagnostics.append(Diagnostic(Code.SYNTAX, message, key, hint=hint))
                return

    def _scalar(self, event: yaml.ScalarEvent) -> Scalar:
        span = self._span(event)
        text: str = event.value
        if not text.isprintable():
            self._refuse_unprintable(event, text)
        if not event.implicit[0]:
            return Scalar(text, text, span)
        value: Value = text
        if text in _WORDS:
            value = _WORDS[text]
        elif text[0] in "+-0123456789":
            if _INTEGER.fullmatch(text):
                if len(text) > 19:
                    message = f"an integer of {len(text)} digits, where 19 are the most"
                    raise _Fatal(Diagnostic(Code.LIMIT, message, span))
                value = int(text)
            elif DECIMAL.fullmatch(text):
                value = float(text)
        return Scalar(value, text, span)

    def _refuse_unprintable(self, event: yaml.ScalarEvent, text: str) -> None:
        """Text goes into messages and into code: it is one line, without control characters."""
        odd = next(character for character in text if not character.isprintable())
        message = f"text with the character U+{ord(odd):04X}, by its escape, cannot stand in a spec"
        hint = "remove it: text is one line of printable characters"
        if odd == "\n":
            message = "text of more than one line cannot stand in a spec"
            hint = "put it on one line; `>-` instead of `>` or `|` makes one line of several"
        self.diagnostics.append(Diagnostic(Code.SYNTAX, message, self._span(event), hint=hint))

    def _span(self, event: yaml.Event) -> Span:
        start, end = event.start_mark, event.end_mark
        assert start is not None and end is not None  # every event of a parser has both
        line, column = start.line + 1, start.column + 1
        if end.line == start.line:
            return Span(self.source, line, column, line, max(end.column, start.column) + 1)
        # A block scalar's end mark runs past the text: its first line is enough to show.
        return Span(self.source, line, column, line, len(self.source.line(line)) + 1)

    def _block(self, start: yaml.Event, end: yaml.Event, children: list[Node]) -> Span:
        # A block collection's end mark runs past blank lines and comments, its last child's not.
        first, last = self._span(start), self._span(end)
        flow = getattr(start, "flow_style", False)
        if children and not flow:
            last = children[-1].span
        return Span(self.source, first.line, first.column, last.end_line, last.end_column)

    def _refuse(self, event: yaml.Event, what: str, hint: str) -> None:
        message = f"{what} cannot stand in a spec"
        diagnostic = Diagnostic(Code.UNSUPPORTED_YAML, message, self._span(event), hint=hint)
        self.diagnostics.append(diagnostic)


def _glued(key: Scalar, value: Node) -> Diagnostic | None:
    """``{out:64}``, which is one word: a key without a value."""
    written = key.span.source.line(key.span.line)[key.span.column - 1 : key.span.end_column - 1]
    word, _, rest = written.partition(":")
    empty = isinstance(value, Scalar) and value.text == "" and value.value is None
    if not empty or not rest or not re.fullmatch(r"\w+", word):
        return None
    mended = f"{word}: {rest}"
    hint = Replacement(mended, f"put a space behind the colon: {mended}", safe=True)
    message = f"{word} has no space behind its colon"
    return Diagnostic(Code.SYNTAX, message, key.span, hint=hint)


_WORDS: dict[str, Value] = {"true": True, "false": False, "null": None, "~": None, "": None}
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
# Control characters, the line breaks that YAML knows and editors do not, and what looks like a
# space or like nothing.
_ODD = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\xa0\xad\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000"
    "\ud800-\udfff\ufeff\ufffe\uffff]"
)
