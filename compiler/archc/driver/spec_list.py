"""Lists the specs that can be found by name."""

from typing import NamedTuple

from archc.diagnostics import Diagnostic
from archc.driver.pipeline import Compiled, compile_spec
from archc.language.library import SpecFile, named_specs
from archc.language.yaml.reading import read


class ListedSpec(NamedTuple):
    """A spec that is found by its name, what it compiles to, and the folder it is found in."""

    file: SpecFile
    where: str
    compiled: Compiled | list[Diagnostic]

    def record(self) -> dict[str, object]:
        """The spec as plain data; None for what an invalid one does not tell."""
        valid = None if isinstance(self.compiled, list) else self.compiled
        return {
            "spec": self.file.path.stem,
            "where": self.where,
            "path": str(self.file.path),
            "name": valid and valid.network.name,
            "about": valid and valid.network.about,
            "params": valid and valid.analysis.cost.params,
            "macs": valid and valid.analysis.cost.macs,
        }


def list_specs() -> list[ListedSpec]:
    """All specs that a bare name stands for, in the order in which they are looked for.

    Files of the working directory that are not specs are left out.
    """
    return [
        ListedSpec(file, where, compile_spec(file))
        for where, files in named_specs().items()
        for file in files
        if where != "here" or not isinstance(read(file.path, file.name, file.root), Diagnostic)
    ]
