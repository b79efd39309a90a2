"""Find and compile the specs that a command names."""

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from archc.commands.printing import fail, fail_on
from archc.language.settings import Settings

if TYPE_CHECKING:
    from archc.diagnostics import Diagnostic
    from archc.driver.pipeline import Compiled
    from archc.language.spec_files import SpecFile


def all_specs(specs: tuple[str, ...]) -> "list[str | SpecFile]":
    """Return the named specs without duplicates, or all of ``specs/``.

    Raises UsageError if there are none.
    """
    from archc.language.spec_files import SpecFile, find_spec, project_specs

    if specs:
        files: dict[object, str | SpecFile] = {}
        for name in specs:
            file = find_spec(name)
            if isinstance(file, SpecFile):
                # The name counts too: a symbolic link generates a file of its own name.
                files.setdefault((os.path.realpath(file.path), file.path.name), file)
            else:
                files.setdefault(name, name)
        return list(files.values())

    found: list[str | SpecFile] = [*project_specs()]
    if not found:
        raise click.UsageError("name a SPEC: there are no specs in specs/")
    return found


def disable_pydantic_plugins() -> None:
    """Disable the plugins of pydantic, before it is imported.

    archc has none, and the search for them reads the metadata of every installed package.
    """
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")


def compile_one(spec: "str | SpecFile", settings: Settings) -> "Compiled | list[Diagnostic]":
    """Compile a spec, or return its diagnostics."""
    disable_pydantic_plugins()
    from archc.driver.pipeline import compile_spec

    return compile_spec(spec, settings)


def compile_all(
    specs: "Iterable[str | SpecFile]", settings: Settings | None = None, closing: str = ""
) -> "list[Compiled]":
    """Compile all specs. If any has diagnostics, print all diagnostics and exit."""
    results = [compile_one(spec, settings or {}) for spec in specs]
    diagnostics = [
        diagnostic for result in results if isinstance(result, list) for diagnostic in result
    ]
    fail_on(diagnostics, closing)
    return [result for result in results if not isinstance(result, list)]


def compile_revision(name: str) -> "Compiled":
    """Compile a spec, or ``REV:path`` for its version in git. Exits if it has diagnostics."""
    from archc.diagnostics import Diagnostic
    from archc.driver.revisions.git import spec_at

    with spec_at(name) as spec:
        if isinstance(spec, Diagnostic):
            fail(spec)
        (compiled,) = compile_all([spec])
        return compiled
