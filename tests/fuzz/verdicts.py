"""Checks that archc and torch agree whether a spec's layers fit together.

torch's verdict is independent: ``tensors.py`` builds the network from the spec's plain data, and
uses neither archc's IR nor its code.
"""

from collections import Counter
from random import Random

import torch
from fuzz.campaign import Case
from fuzz.compiling import analysed, shown
from fuzz.features import words
from fuzz.generate import random_spec
from fuzz.meta import shorten_normalization
from fuzz.misfits import misfit
from fuzz.plain import Data
from fuzz.tensors import Tensors
from fuzz.text import write

from archc.diagnostics import Code

BATCH = 2
OF_SHAPES = (Code.SHAPE, Code.CONCAT, Code.INVALID_VALUE)
"""The expected codes; INVALID_VALUE is a padding that does not fit its kernel."""
Shapes = list[tuple[int, ...]]


def draw(random: Random) -> Case:
    """Draw a random spec, usually with misfits."""
    spec = plainly(random_spec(random))
    changes = []
    for _ in range(random.choice((0, 1, 1, 2, 2, 3))):
        spec, change = misfit(spec, random)
        changes.append(change)
    spec = plainly(spec)  # a change may have left a module unused
    return Case(write(spec), (spec, changes), Counter())


def judge(case: Case) -> tuple[str, Counter[str]]:
    """Compare the verdicts of archc and torch, and the shapes if both accept."""
    shorten_normalization()
    spec, changes = case.data
    change = " and ".join(changes) or "unchanged"
    found = analysed(case.text)
    verdict, stricter = torch_verdict(spec)
    accepts = not isinstance(found, list)
    word = "accepted" if accepts else "refused"
    counts = Counter(
        [
            word,
            *(f"{change} {word}" for change in changes),
            *(f"stricter: {reason}" for reason in stricter),
        ]
    )
    fault = ""
    if isinstance(found, list):
        counts += Counter({diagnostic.code: 1 for diagnostic in found})
        if not stricter and not isinstance(verdict, str):
            fault = f"archc rejects ({change}), torch gives {verdict}\n{shown(found)}"
        elif strange := [diagnostic for diagnostic in found if diagnostic.code not in OF_SHAPES]:
            fault = f"not about shapes ({change}): {shown(strange)}"
    elif isinstance(verdict, str):
        fault = f"archc accepts ({change}), torch rejects: {verdict}"
    elif stricter:
        fault = f"archc accepts ({change}), but STRICTER lists: {sorted(stricter)}"
    else:
        rows = [row for row in (*found.rows, *found.aux) if row.node.name != "prob"]
        last = len(rows) - len(found.aux) - 1
        shapes = [row.output for row in rows[last:]]
        if shapes != verdict:
            fault = f"archc gives {shapes}, torch {verdict} ({change})"
    return fault, counts


def torch_verdict(spec: Data) -> tuple[Shapes | str, set[str]]:
    """Return torch's shapes or error, and where archc is deliberately stricter."""
    reading = Tensors(spec)
    images = torch.empty(BATCH, *map(int, spec["input"].split("x")), device="meta")
    try:
        with torch.no_grad():
            outputs = reading.network(images)
    except (RuntimeError, ValueError, IndexError) as error:
        return f"{type(error).__name__}: {error}", reading.stricter
    return [tuple(output.shape[1:]) for output in outputs], reading.stricter


def plainly(spec: Data) -> Data:
    """Return the spec without parameters, extensions and unused modules.

    torch never sees values in those.
    """
    reading = Tensors(spec)
    spec = {key: value for key, value in reading.spec.items() if key != "parameters"}
    modules = reading.modules
    used: set[str] = set()
    pending = words({key: value for key, value in spec.items() if key != "modules"})
    while fresh := (pending & modules.keys()) - used:
        used |= fresh
        pending = {word for name in fresh for word in words(modules[name])}
    if modules:
        spec["modules"] = {name: module for name, module in modules.items() if name in used}
    if not used:
        spec.pop("modules", None)
    return spec
