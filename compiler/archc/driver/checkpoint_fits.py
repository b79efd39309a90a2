"""Find options or other specs that a checkpoint fits."""

from collections.abc import Mapping
from typing import NamedTuple

from archc.analyses import Analysis
from archc.checks.checkpoints.match import Shaped, match_checkpoint
from archc.checks.checkpoints.prefixes import map_key
from archc.checks.checkpoints.state import CLASSES, expected_state
from archc.driver.pipeline import Compiled, compile_spec
from archc.language.spec_files import spec_names

_MAXIMUM_SPECS = 100
"""The number of specs to compile in search of a fit."""
_MAXIMUM_FITS = 3


class Fit(NamedTuple):
    """A way to use a checkpoint: a spec, None for the given one, and ``archc weights`` options.

    ``classes`` is the checkpoint's number of classes if the options leave out its layers for them.
    """

    spec: str | None
    options: tuple[str, ...]
    classes: int | None = None

    @property
    def description(self) -> str:
        """The fit as the end of a message about the checkpoint."""
        options = f" with archc weights {' '.join(self.options)}" if self.options else ""
        fits = f"fits{f' {self.spec}' if self.spec else ''}{options}"
        if self.classes is None:
            return fits
        n = self.classes
        if not self.options:
            return f"{fits} with --set classes={n}"
        return f"{fits}, without its layers for {n} classes; --set classes={n} loads them too"


def find_fits(analysis: Analysis, tensors: Mapping[str, Shaped], whole: bool = False) -> list[Fit]:
    """Return the options with which a checkpoint fits the network, or else the specs that it fits.

    Unless ``whole``, fits without the layers that depend on the classes count too, if there are no
    complete ones. With ``whole``, another number of classes counts.
    """
    leaves = ((),) if whole else ((), (CLASSES,))
    for leave in leaves:
        here = _fit(None, analysis, tensors, leave)
        if here is not None:
            return [here] if here.options else []
    if whole and (here := _fit(None, analysis, tensors, (CLASSES,))) and here.classes is not None:
        return [here._replace(options=())]
    others = [compile_spec(name) for name in spec_names()[:_MAXIMUM_SPECS]]
    compiled = [other for other in others if isinstance(other, Compiled)]
    for leave in leaves:
        fits = [
            fit
            for spec in compiled
            if (fit := _fit(spec.path.name, spec.analysis, tensors, leave)) is not None
        ]
        if fits:
            return fits[:_MAXIMUM_FITS]
    return []


def _fit(
    spec: str | None, analysis: Analysis, tensors: Mapping[str, Shaped], leave: tuple[str, ...]
) -> Fit | None:
    """Return how the checkpoint fits the network; None if it does not."""
    declared = analysis.network.checkpoints
    for key_mapping in (None, *declared.values()):
        match = match_checkpoint(analysis, tensors, key_mapping, leave=leave)
        prefix = match.prefix
        if prefix:
            match = match_checkpoint(analysis, tensors, key_mapping, leave=leave, prefix=prefix)
        if not match.diagnostics and match.sources:
            options = (
                *(("--from", key_mapping.name if key_mapping else "none") if declared else ()),
                *(("--strip-prefix", prefix) if prefix else ()),
                *(("--leave", *leave) if leave else ()),
            )
            shapes = {
                key: tuple(tensor.shape)
                for theirs, tensor in tensors.items()
                if (key := map_key(theirs, key_mapping, prefix)[0]) is not None
            }
            return Fit(spec, options, _classes(analysis, match.left, shapes))
    return None


def _classes(
    analysis: Analysis, left: tuple[str, ...], shapes: Mapping[str, tuple[int, ...]]
) -> int | None:
    """Return the number of classes with which the layers left out fit too; None without one."""
    prefixes = tuple(f"{path}." for path in left)
    expected = {
        key: tensor.shape
        for key, tensor in expected_state(analysis).items()
        if key.startswith(prefixes)
    }
    if not expected.keys() <= shapes.keys():
        return None
    classes = {shapes[key][:1] for key in expected}
    if len(classes) != 1 or any(shapes[key][1:] != shape[1:] for key, shape in expected.items()):
        return None
    return next(iter(*classes), None)
