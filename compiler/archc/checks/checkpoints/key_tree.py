"""A network's keys as a tree with shared equal subtrees, for fast matching of patterns.

The copies of a Repeat share one subtree, which a search visits once.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from archc.language.sections.checkpoint_keys import matches

_Names = dict[str, "_Names"]


class KeyTree(NamedTuple):
    """The subtrees below a path by segment, and each different subtree with all its segments."""

    below: "Mapping[str, KeyTree]"
    groups: "tuple[tuple[KeyTree, tuple[str, ...]], ...]"

    def has(self, pattern: str) -> bool:
        """Return whether the pattern matches a path in the tree, or the start of one."""
        return _matches(self, tuple(pattern.split(".")), set())


def make_key_tree(keys: Iterable[str]) -> KeyTree:
    """Return the tree of the keys."""
    names: _Names = {}
    for key in keys:
        at = names
        for segment in key.split("."):
            at = at.setdefault(segment, {})
    return _shared(names, {})


def _shared(names: _Names, known: dict[tuple[tuple[str, int], ...], KeyTree]) -> KeyTree:
    below = {name: _shared(inner, known) for name, inner in names.items()}
    identity = tuple((name, id(tree)) for name, tree in below.items())
    if identity not in known:
        groups: dict[int, tuple[KeyTree, list[str]]] = {}
        for name, tree in below.items():
            groups.setdefault(id(tree), (tree, []))[1].append(name)
        shared = tuple((tree, tuple(names)) for tree, names in groups.values())
        known[identity] = KeyTree(below, shared)
    return known[identity]


def _matches(tree: KeyTree, segments: tuple[str, ...], seen: set[tuple[int, int]]) -> bool:
    """Return whether the segments match a path; with ``seen``, no subtree is searched twice."""
    if not segments:
        return True
    if (id(tree), len(segments)) in seen:
        return False
    seen.add((id(tree), len(segments)))
    first, rest = segments[0], segments[1:]
    if "{" not in first:
        return first in tree.below and _matches(tree.below[first], rest, seen)
    return any(
        _matches(inner, rest, seen)
        for inner, names in tree.groups
        if any(matches(first, name) for name in names)
    )
