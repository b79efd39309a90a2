"""Compose nodes with spans from the events of libyaml.

PyYAML's own loaders crash or stall on hostile text, and read ``1_000`` and ``on`` by YAML 1.1. This
composer rejects YAML that specs do not use, and resolves scalars by the core schema of YAML 1.2.
"""

import re
from collections.abc import Iterator

import yaml
from yaml._yaml import CParser

from archc.diagnostics import Code, Diagnostic, Label, Replacement
from archc.diagnostics.collector import DiagnosticCollector, TooManyDiagnostics
from archc.diagnostics.spans import Source, Span
from archc.language.yaml.nodes import Entry, List, Mapping, Node, Scalar, Value, describe_type

MAXIMUM_DEPTH = 64
MAXIMUM_NODES = 4_000
MAXIMUM_LINE = 10_000


def compose(source: Source) -> Mapping | list[Diagnostic]:
    """Return the outermost mapping of the document, or its syntax errors."""
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
        found = "an empty file" if node is None else describe_type(node)
        return [
            Diagnostic(
                Code.SYNTAX,
                f"expected a mapping of keys to values, found {found}",
                node.span if node else Span(source, 1, 1, 1, 2),
                hint="start with `archc: 1`, then `name:`, `input:` and the layers",
            )
        ]
    return node


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
        self._reject_forbidden_characters()
        events = self._events(text)
        next(events)  # the stream's start
        if isinstance(next(events), yaml.StreamEndEvent):
            return None
        node = self._node(next(events), events, 1)
        next(events)  # the document's end
        following = next(events)
        if not isinstance(following, yaml.StreamEndEvent):
            self._reject(
                following, "a second document", "remove the `---`: a file contains one spec"
            )
        return node

    def _events(self, text: str) -> Iterator[yaml.Event]:
        parser = CParser(text)
        try:
            while (event := parser.get_event()) is not None:
                yield event
        except yaml.MarkedYAMLError as error:
            raise _Fatal(self._syntax(error)) from None
        except yaml.YAMLError as error:
            raise _Fatal(Diagnostic(Code.SYNTAX, f"invalid YAML: {error}")) from None
        finally:
            parser.dispose()

    def _syntax(self, error: yaml.MarkedYAMLError) -> Diagnostic:
        # Only needed for invalid YAML.
        from archc.language.yaml.mistakes import find_mistake
        from archc.language.yaml.syntax_hints import line_hint, problem_hint

        mark = error.problem_mark or error.context_mark
        stop = self._mark(mark) if mark else Span(self.source, 1, 1, 1, 2)
        start = error.context_mark
        labels: tuple[Label, ...] = ()
        if start and (start.line, start.column) != (stop.line - 1, stop.column - 1):
            labels = (Label(self._mark(start), f"{error.context} that starts here"),)
        message = f"invalid YAML: {error.problem}"
        problem = error.problem or ""
        # libyaml notices a missing colon only at the next key, on a later line.
        late = problem == "could not find expected ':'" and start is not None
        place = self._line(start.line + 1) if late and start else stop
        if hint := line_hint(problem, self.source, place):
            return Diagnostic(Code.SYNTAX, message, place, () if late else labels, hint=hint)
        if mistake := find_mistake(self.source, stop.line, stop.column, problem):
            elsewhere = (stop.line, stop.column) != (mistake.span.line, mistake.span.column)
            labels = (Label(stop, f"the YAML parser stopped here: {problem}"),) if elsewhere else ()
            return Diagnostic(Code.SYNTAX, mistake.message, mistake.span, labels, hint=mistake.hint)
        hint = problem_hint(problem, self.source, place)
        return Diagnostic(Code.SYNTAX, message, place, () if late else labels, hint=hint)

    def _line(self, number: int) -> Span:
        """Return the span of the line, without its comment."""
        text = self.source.line(number)
        content = text.partition(" #")[0].rstrip() or text
        first = len(text) - len(text.lstrip()) + 1
        return Span(self.source, number, first, number, max(first, len(content)) + 1)

    def _mark(self, mark: yaml.Mark) -> Span:
        line, column = mark.line + 1, mark.column + 1
        if line > len(self.source.lines):  # libyaml ends every file with a line feed
            line = len(self.source.lines)
            column = len(self.source.line(line)) + 1
        return Span(self.source, line, column, line, column + 1)

    def _reject_forbidden_characters(self) -> None:
        for number, line in enumerate(self.source.lines, 1):
            if len(line) > MAXIMUM_LINE:
                place = Span(self.source, number, 1, number, MAXIMUM_LINE)
                message = f"a line of {len(line):,} characters, more than {MAXIMUM_LINE:,}"
                raise _Fatal(Diagnostic(Code.LIMIT, message, place))
            if line.isprintable():
                continue
            bad = _FORBIDDEN.search(line.removesuffix("\r"))
            if bad:
                column = bad.start() + 1
                raise _Fatal(
                    Diagnostic(
                        Code.SYNTAX,
                        f"character U+{ord(bad.group()):04X} is not allowed",
                        Span(self.source, number, column, number, column + 1),
                        hint="remove it, or use a plain space or line feed",
                    )
                )

    def _node(self, event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> Node:
        self.nodes += 1
        if self.nodes > MAXIMUM_NODES:
            message = f"more than {MAXIMUM_NODES:,} keys and values"
            hint = "use Repeat and modules to avoid repetition"
            raise _Fatal(Diagnostic(Code.LIMIT, message, self._span(event), hint=hint))
        if depth > MAXIMUM_DEPTH:
            raise _Fatal(
                Diagnostic(
                    Code.LIMIT, f"nested deeper than {MAXIMUM_DEPTH} levels", self._span(event)
                )
            )
        if isinstance(event, yaml.AliasEvent):
            self._reject(event, "an alias (`*`)", "use `extends` or a module instead")
            return Scalar(None, "", self._span(event))
        assert isinstance(event, yaml.NodeEvent)
        if event.anchor:
            self._reject(event, "an anchor (`&`)", "use `extends` or a module instead")
        if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            hint = "remove it, or quote the text if it starts with !"
            self._reject(event, f"a tag ({tag})", hint)
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        if isinstance(event, yaml.SequenceStartEvent):
            items = []
            while not isinstance(item := next(events), yaml.SequenceEndEvent):
                items.append(self._node(item, events, depth + 1))
            self._reject_bare_pairs(event, items)
            return List(tuple(items), self._block(event, item, items))
        entries: dict[str, Entry] = {}
        while not isinstance(start := next(events), yaml.MappingEndEvent):
            key = self._node(start, events, depth + 1)
            value = self._node(next(events), events, depth + 1)
            if not isinstance(key, Scalar) or isinstance(key.value, bool) or key.value is None:
                message = f"expected a word as key, found {describe_type(key)}"
                self.diagnostics.append(Diagnostic(Code.SYNTAX, message, key.span))
            elif diagnostic := _missing_space(key, value):
                self.diagnostics.append(diagnostic)
            elif key.text == "<<":
                self._reject(start, "a merge key (`<<`)", "use `extends` instead")
            elif key.text in entries:
                self.diagnostics.append(
                    Diagnostic(
                        Code.DUPLICATE_KEY,
                        f"duplicate key {key.text}",
                        key.span,
                        (Label(entries[key.text].key.span, "first defined here"),),
                    )
                )
            else:
                entries[key.text] = Entry(key, value)
        values = [entry.value for entry in entries.values()]
        return Mapping(tuple(entries.values()), self._block(event, start, values))

    def _reject_bare_pairs(self, start: yaml.SequenceStartEvent, items: list[Node]) -> None:
        """Report ``[Conv: 3x3, out: 64]``, which YAML reads as a list of two mappings."""
        for item in items:
            if not start.flow_style or not isinstance(item, Mapping) or not item.entries:
                continue
            key = item.entries[0].key.span
            if (key.line, key.column) == (item.span.line, item.span.column):
                message = "missing braces around a layer in a list"
                hint = "put each layer in braces: [{Conv: 3x3, out: 64}]"
                self.diagnostics.append(Diagnostic(Code.SYNTAX, message, key, hint=hint))
                return

    def _scalar(self, event: yaml.ScalarEvent) -> Scalar:
        span = self._span(event)
        text: str = event.value
        if not text.isprintable():
            self._reject_unprintable(event, text)
        if not event.implicit[0]:
            return Scalar(text, text, span)
        value: Value = text
        if text in _WORDS:
            value = _WORDS[text]
        elif text[0] in "+-0123456789":
            if _INTEGER.fullmatch(text):
                if len(text) > 19:
                    message = f"an integer of {len(text)} digits, more than 19"
                    raise _Fatal(Diagnostic(Code.LIMIT, message, span))
                value = int(text)
            elif DECIMAL.fullmatch(text):
                value = float(text)
        return Scalar(value, text, span)

    def _reject_unprintable(self, event: yaml.ScalarEvent, text: str) -> None:
        """Report text that is not one printable line, since it is copied into messages and code."""
        forbidden = next(character for character in text if not character.isprintable())
        message = f"character U+{ord(forbidden):04X}, written as an escape, is not allowed"
        hint = "remove it: text is one line of printable characters"
        if forbidden == "\n":
            message = "text of more than one line is not allowed"
            hint = "put it on one line, or join its lines with `>-` instead of `>` or `|`"
        self.diagnostics.append(Diagnostic(Code.SYNTAX, message, self._span(event), hint=hint))

    def _span(self, event: yaml.Event) -> Span:
        start, end = event.start_mark, event.end_mark
        assert start is not None and end is not None  # true of all events of a parser
        line, column = start.line + 1, start.column + 1
        if end.line == start.line:
            return Span(self.source, line, column, line, max(end.column, start.column) + 1)
        # The end mark of a block scalar is past its text; the first line is enough.
        return Span(self.source, line, column, line, len(self.source.line(line)) + 1)

    def _block(self, start: yaml.Event, end: yaml.Event, children: list[Node]) -> Span:
        # The end mark of a block collection is past comments; that of its last child is not.
        first, last = self._span(start), self._span(end)
        flow = getattr(start, "flow_style", False)
        if children and not flow:
            last = children[-1].span
        return Span(self.source, first.line, first.column, last.end_line, last.end_column)

    def _reject(self, event: yaml.Event, what: str, hint: str) -> None:
        message = f"{what} is not allowed"
        diagnostic = Diagnostic(Code.UNSUPPORTED_YAML, message, self._span(event), hint=hint)
        self.diagnostics.append(diagnostic)


def _missing_space(key: Scalar, value: Node) -> Diagnostic | None:
    """Return a diagnostic for ``{out:64}``, which YAML reads as a key without a value."""
    text = key.span.source.line(key.span.line)[key.span.column - 1 : key.span.end_column - 1]
    word, _, rest = text.partition(":")
    empty = isinstance(value, Scalar) and value.text == "" and value.value is None
    if not empty or not rest or not re.fullmatch(r"\w+", word):
        return None
    fixed = f"{word}: {rest}"
    hint = Replacement(fixed, f"write {fixed}", safe=True)
    message = f"missing space after the colon of {word}"
    return Diagnostic(Code.SYNTAX, message, key.span, hint=hint)


_WORDS: dict[str, Value] = {"true": True, "false": False, "null": None, "~": None, "": None}
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
# Control characters, line breaks that YAML knows and editors do not, and characters that look like
# a space or are invisible.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\xa0\xad\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000"
    "\ud800-\udfff\ufeff\ufffe\uffff]"
)
