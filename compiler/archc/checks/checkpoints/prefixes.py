"""Find a prefix that most keys of a checkpoint have, such as ``module.`` from a wrapper."""

import re
from collections import Counter
from collections.abc import Collection, Iterator

from archc.language.sections.checkpoint_keys import KeyMapping, MappedKey

_MAXIMUM_SEGMENTS = 8


def map_key(key: str, key_mapping: KeyMapping | None, prefix: str) -> MappedKey:
    """Return the network's key for a checkpoint's key, without the prefix if the key has it."""
    key = key.removeprefix(prefix)
    return key_mapping.map_key(key) if key_mapping else MappedKey(key, ())


def find_prefix(
    expected: Collection[str], keys: Collection[str], key_mapping: KeyMapping | None
) -> str:
    """Return the prefix to remove from ``keys`` so that most of the network's keys match.

    ``expected`` are the network's keys. The prefix is empty if no prefix does that, or if as many
    keys match without removing it: all keys of a network may have a prefix of their own.
    """

    def score(prefix: str) -> int:
        return sum(map_key(key, key_mapping, prefix).key in expected for key in keys)

    best = max(["", *_prefixes(keys)], key=score)
    return best if 2 * score(best) > len(expected) else ""


def _prefixes(keys: Collection[str]) -> Iterator[str]:
    """Yield the prefixes that most keys have: ``module.``, then ``module.net.``, and so on."""
    prefix = ""
    for _ in range(_MAXIMUM_SEGMENTS):
        rests = (key[len(prefix) :] for key in keys if key.startswith(prefix))
        matches = (re.match("[^./]*[./]", rest) for rest in rests)
        counts = Counter(match[0] for match in matches if match)
        ((segment, count),) = counts.most_common(1) or [("", 0)]
        if 2 * count <= len(keys):
            return
        prefix += segment
        yield prefix
