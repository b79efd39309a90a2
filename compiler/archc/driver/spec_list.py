"""List the specs that can be found by name."""

from typing import NamedTuple

from archc.diagnostics import Diagnostic
from archc.driver.pipeline import Compiled, compile_spec
from archc.language.spec_files import SpecFile, specs_by_folder
from archc.language.yaml.reading import read


class ListedSpec(NamedTuple):
    """A spec that can be found by name, its place, and the result of compiling it."""

    file: SpecFile
    where: str
    compiled: Compiled | list[Diagnostic]

    def record(self) -> dict[str, object]:
        """Return the spec as plain data, with None for values of an invalid spec."""
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
    """Return all specs that can be found by name, in search order.

    Leaves out YAML files in the working directory that are not specs.
    """
    return [
        ListedSpec(file, where, compile_spec(file))
        for where, files in specs_by_folder().items()
        for file in files
        if where != "here" or not isinstance(read(file.path, file.name, file.root), Diagnostic)
    ]
