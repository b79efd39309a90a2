"""What a checkpoint that does not fit a network does fit: other options, or another known spec."""

from collections.abc import Mapping
from typing import NamedTuple

from archc.analyses import Analysis
from archc.checks.checkpoints.match import Shaped, match_checkpoint
from archc.checks.checkpoints.state import CLASSES
from archc.driver.pipeline import Compiled, compile_spec
from archc.language.library import known_specs

_MOST_SPECS = 100  # that are compiled for it
_MOST_USES = 3


class Use(NamedTuple):
    """A way to use a checkpoint: with a spec, None for the one at hand, and with options."""

    spec: str | None
    options: tuple[str, ...]

    @property
    def words(self) -> str:
        """How a message says what the checkpoint fits."""
        options = f" with archc weights {' '.join(self.options)}" if self.options else ""
        return f"fits{f' {self.spec}' if self.spec else ''}{options}"


def find_fits(analysis: Analysis, tensors: Mapping[str, Shaped], whole: bool = False) -> list[Use]:
    """How a checkpoint fits the network with other options, or else which known specs it fits.

    A spec that it fits but for the number of classes is named where it fits no other, and not with
    ``whole``.
    """
    leaves = ((),) if whole else ((), (CLASSES,))
    for leave in leaves:
        here = _options(analysis, tensors, leave)
        if here is not None:
            return [Use(None, here)] if here else []
    others = [compile_spec(name) for name in known_specs()[:_MOST_SPECS]]
    compiled = [other for other in others if isinstance(other, Compiled)]
    for leave in leaves:
        uses = [
            Use(spec.path.name, options)
            for spec in compiled
            if (options := _options(spec.analysis, tensors, leave)) is not None
        ]
        if uses:
            return uses[:_MOST_USES]
    return []


def _options(
    analysis: Analysis, tensors: Mapping[str, Shaped], leave: tuple[str, ...]
) -> tuple[str, ...] | None:
    """The options with which the checkpoint fits; None where it does not."""
    declared = analysis.network.checkpoints
    for key_mapping in (None, *declared.values()):
        match = match_checkpoint(analysis, tensors, key_mapping, leave=leave)
        prefix = match.prefix
        if prefix:
            match = match_checkpoint(analysis, tensors, key_mapping, leave=leave, prefix=prefix)
        if not match.diagnostics and match.sources:
            return (
                *(("--from", key_mapping.name if key_mapping else "none") if declared else ()),
                *(("--strip-prefix", prefix) if prefix else ()),
                *(("--leave", *leave) if leave else ()),
            )
    return None
