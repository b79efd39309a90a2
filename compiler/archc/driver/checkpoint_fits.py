"""Find options or other specs that a checkpoint fits."""

from collections.abc import Mapping
from typing import NamedTuple

from archc.analyses import Analysis
from archc.checks.checkpoints.match import Shaped, match_checkpoint
from archc.checks.checkpoints.state import CLASSES
from archc.driver.pipeline import Compiled, compile_spec
from archc.language.spec_files import spec_names

_MAXIMUM_SPECS = 100
"""The number of specs to compile in search of a fit."""
_MAXIMUM_FITS = 3


class Fit(NamedTuple):
    """A way to use a checkpoint: a spec, None for the given one, and ``archc weights`` options."""

    spec: str | None
    options: tuple[str, ...]

    @property
    def description(self) -> str:
        """The fit as the end of a message about the checkpoint."""
        options = f" with archc weights {' '.join(self.options)}" if self.options else ""
        return f"fits{f' {self.spec}' if self.spec else ''}{options}"


def find_fits(analysis: Analysis, tensors: Mapping[str, Shaped], whole: bool = False) -> list[Fit]:
    """Return the options with which a checkpoint fits the network, or else the specs that it fits.

    Unless ``whole``, fits without the layers that depend on the classes count too, if there are no
    complete ones.
    """
    leaves = ((),) if whole else ((), (CLASSES,))
    for leave in leaves:
        here = _options(analysis, tensors, leave)
        if here is not None:
            return [Fit(None, here)] if here else []
    others = [compile_spec(name) for name in spec_names()[:_MAXIMUM_SPECS]]
    compiled = [other for other in others if isinstance(other, Compiled)]
    for leave in leaves:
        fits = [
            Fit(spec.path.name, options)
            for spec in compiled
            if (options := _options(spec.analysis, tensors, leave)) is not None
        ]
        if fits:
            return fits[:_MAXIMUM_FITS]
    return []


def _options(
    analysis: Analysis, tensors: Mapping[str, Shaped], leave: tuple[str, ...]
) -> tuple[str, ...] | None:
    """Return the options with which the checkpoint fits; None if it does not."""
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
