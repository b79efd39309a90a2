"""Lines with the wrong indentation."""

from archc.diagnostics.wording import pluralize
from archc.language.yaml.mistakes.lines import Line, Mistake, missing_dash


def find_indentation_mistake(lines: list[Line], at: int) -> Mistake | None:
    """Find the line whose indentation matches neither the lines above nor those below.

    libyaml stops at ``lines[at]``, but the line before it or the first line of the block may be the
    one with the mistake.
    """
    line = lines[at]
    if at == 0:
        return None
    before = lines[at - 1]
    if lines[0].indent > line.indent:
        return _misindented(lines[0], line.indent)
    if line.indent > before.indent and before.has_value:
        # Nothing may be indented below a value: either line may be the wrong one.
        if line.indent in _open_levels(lines, at - 1):
            return _misindented(before, line.indent)
        return _misindented(line, before.indent if line.is_item else before.levels[-1])
    above = max((i for i in range(at) if lines[i].indent < line.indent), default=None)
    if above is None:
        return None
    first = lines[above + 1]  # of the block that contains the line
    if first.indent == line.indent:
        return None
    following = lines[at + 1] if at + 1 < len(lines) else None
    if line.is_item and not first.is_item and first.indent == line.indent + 2:
        return missing_dash(first)
    if following is not None and following.indent == first.indent and line.has_value:
        return _misindented(line, first.indent)
    if line.indent % 2 > first.indent % 2:  # most specs are indented by two
        return _misindented(line, first.indent)
    if sum(other.indent == first.indent for other in lines[above + 1 : at]) == 1:
        return _misindented(first, line.indent)
    if line.indent in _open_levels(lines, above):
        return _misindented(lines[above], line.indent)
    message = "inconsistent indentation below this line"
    return Mistake(message, lines[above].first_word, "is a key missing above them?")


def _open_levels(lines: list[Line], position: int) -> list[int]:
    """Return the indentations that the line at ``position`` may continue."""
    levels: list[int] = []
    for line in lines[:position]:
        levels = [level for level in levels if level < line.indent]
        levels += line.levels
    return levels


def _misindented(line: Line, wanted: int) -> Mistake:
    hint = "do not indent it"
    if wanted:
        hint = f"indent it by {pluralize(wanted, 'space')}, like the lines around it"
    return Mistake("inconsistent indentation", line.first_word, hint)
