"""A network's paths as a tree in which equal parts are one, so that patterns are soon compared.

What a Repeat repeats is looked through once, however often it stands there.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from archc.language.sections.checkpoint_keys import matches

_Names = dict[str, "_Names"]


class KeyTree(NamedTuple):
    """What lies below a path: by the next segment, and the segments by what is below them."""

    below: "Mapping[str, KeyTree]"
    alike: "tuple[tuple[KeyTree, tuple[str, ...]], ...]"

    def has(self, pattern: str) -> bool:
        """Whether the pattern stands for a path of the tree, or for the start of one."""
        return _leads(self, tuple(pattern.split(".")), set())


def key_tree(keys: Iterable[str]) -> KeyTree:
    """The tree of these keys."""
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
        alike: dict[int, tuple[KeyTree, list[str]]] = {}
        for name, tree in below.items():
            alike.setdefault(id(tree), (tree, []))[1].append(name)
        groups = tuple((tree, tuple(names)) for tree, names in alike.values())
        known[identity] = KeyTree(below, groups)
    return known[identity]


def _leads(tree: KeyTree, segments: tuple[str, ...], seen: set[tuple[int, int]]) -> bool:
    """Whether the segments lead somewhere; ``seen`` is what did not."""
    if not segments:
        return True
    if (id(tree), len(segments)) in seen:
        return False
    seen.add((id(tree), len(segments)))
    first, rest = segments[0], segments[1:]
    if "{" not in first:
        return first in tree.below and _leads(tree.below[first], rest, seen)
    return any(
        _leads(inner, rest, seen)
        for inner, names in tree.alike
        if any(matches(first, name) for name in names)
    )
