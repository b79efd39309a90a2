"""A prefix that a wrapper puts in front of all keys of a checkpoint, such as ``module.``."""

import re
from collections import Counter
from collections.abc import Collection, Iterator

from archc.language.sections.checkpoint_keys import KeyMapping, MappedKey

_MOST_SEGMENTS = 8


def rename(key: str, key_mapping: KeyMapping | None, prefix: str) -> MappedKey:
    """The network's key for one of the checkpoint's, the prefix taken off if it has it."""
    key = key.removeprefix(prefix)
    return key_mapping.map_key(key) if key_mapping else MappedKey(key, ())


def find_prefix(
    expected: Collection[str], keys: Collection[str], key_mapping: KeyMapping | None
) -> str:
    """The prefix of most keys without which they are most of the network's, ``expected``, if any.

    It is empty where more keys are the network's as they stand: a network's own keys may all start
    with the same segment, and so may those of a mapping.
    """

    def score(prefix: str) -> int:
        return sum(rename(key, key_mapping, prefix).key in expected for key in keys)

    best = max(["", *_prefixes(keys)], key=score)
    return best if 2 * score(best) > len(expected) else ""


def _prefixes(keys: Collection[str]) -> Iterator[str]:
    """The whole segments that most keys start with, one more each time."""
    prefix = ""
    for _ in range(_MOST_SEGMENTS):
        rests = (key[len(prefix) :] for key in keys if key.startswith(prefix))
        matches = (re.match("[^./]*[./]", rest) for rest in rests)
        counts = Counter(match[0] for match in matches if match)
        ((segment, count),) = counts.most_common(1) or [("", 0)]
        if 2 * count <= len(keys):
            return
        prefix += segment
        yield prefix
