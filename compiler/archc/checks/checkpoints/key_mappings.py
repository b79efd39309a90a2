"""Check the key mappings that a spec declares for checkpoints."""

from collections.abc import Mapping

from archc.analyses import Analysis
from archc.checks.checkpoints.key_tree import make_key_tree
from archc.checks.checkpoints.state import expected_state
from archc.diagnostics import Code, Diagnostic, Hint, closest_match, suggest_name
from archc.diagnostics.collector import MAXIMUM_DIAGNOSTICS
from archc.diagnostics.wording import pluralize
from archc.language.sections.checkpoint_keys import placeholder_values

_MAXIMUM_SUGGESTIONS = 5


def check_key_mappings(analysis: Analysis) -> list[Diagnostic]:
    """Return a diagnostic for each rule that maps keys to a path without weights in the network."""
    key_mappings = analysis.network.checkpoints
    if not key_mappings:
        return []
    state = expected_state(analysis)
    tree = make_key_tree(state)
    paths: dict[str, None] = {}
    for key in state:
        segments = key.split(".")
        paths |= dict.fromkeys(".".join(segments[:end]) for end in range(1, len(segments) + 1))
    diagnostics: list[Diagnostic] = []
    for key_mapping in key_mappings.values():
        invalid = [
            (rule, rule.ours)
            for rule in sorted(key_mapping.rules, key=lambda rule: rule.span.line)
            if rule.ours is not None and not tree.has(rule.ours)
        ]
        targets = {rule.ours for rule, _ in invalid}
        patterns = (rule.ours for rule in key_mapping.rules if rule.ours and "{" in rule.ours)
        example = next((ours for ours in patterns if ours not in targets), None)
        notes: tuple[str, ...] = ()
        if len(invalid) > max(3, len(key_mapping.rules) // 2):
            # So many errors mean that the network has changed, not that each line is misspelt.
            more = pluralize(len(invalid) - 1, "more line")
            notes = (f"the same error in {more} of checkpoint {key_mapping.name}",)
            del invalid[1:]
        for rule, ours in invalid[:MAXIMUM_DIAGNOSTICS]:
            message = f"{rule.theirs} maps to {ours}, which has no weights in the network"
            # Searching the many paths of a network for a similar one is slow.
            suggests = len(diagnostics) < _MAXIMUM_SUGGESTIONS
            hint = _suggest_path(ours, example, paths) if suggests else None
            diagnostics.append(
                Diagnostic(Code.UNKNOWN_REFERENCE, message, rule.ours_span, (), notes, hint)
            )
    return diagnostics[:MAXIMUM_DIAGNOSTICS]


def _suggest_path(ours: str, example: str | None, paths: Mapping[str, None]) -> Hint | None:
    """Return a path similar to ``ours``.

    ``example`` is the path of a valid rule; it shows which text the placeholders stand for.
    """
    matches = (placeholder_values(example, path) for path in paths if example)
    values = next(filter(None, matches), None) if "{" in ours else {}
    if values is None or any(f"{{{name}}}" not in ours for name in values):
        return None
    filled = ours
    for name, text in values.items():
        filled = filled.replace(f"{{{name}}}", text)
    close = closest_match(filled, paths)
    for name, text in values.items():
        close = close.replace(text, f"{{{name}}}", 1) if close else None
    return suggest_name(ours, [close]) if close else None
