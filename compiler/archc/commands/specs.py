"""The specs that a command is given, compiled."""

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from archc.commands.printing import fail_on, refuse
from archc.language.settings import Settings

if TYPE_CHECKING:
    from archc.diagnostics import Diagnostic
    from archc.driver.pipeline import Compiled
    from archc.language.library import SpecFile


def all_specs(specs: tuple[str, ...]) -> "list[str | SpecFile]":
    """The specs named, each once, or all of ``specs/``. Raises UsageError where there are none."""
    from archc.language.library import SpecFile, find_spec, project_specs

    if specs:
        files: dict[object, str | SpecFile] = {}
        for name in specs:
            file = find_spec(name)
            if isinstance(file, SpecFile):
                # By its name too: a link of another name gives another file.
                files.setdefault((os.path.realpath(file.path), file.path.name), file)
            else:
                files.setdefault(name, name)
        return list(files.values())

    found: list[str | SpecFile] = [*project_specs()]
    if not found:
        raise click.UsageError("no SPEC given, and there is no specs/ folder with specs here")
    return found


def quickly() -> None:
    """Let pydantic be imported without a look for plugins, before anything imports it.

    archc has none, and looking for them reads every installed package's metadata.
    """
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")


def compile_one(spec: "str | SpecFile", settings: Settings) -> "Compiled | list[Diagnostic]":
    """One spec all the way through, or its findings."""
    quickly()
    from archc.driver.pipeline import compile_spec

    return compile_spec(spec, settings)


def compile_all(
    specs: "Iterable[str | SpecFile]", settings: Settings | None = None, closing: str = ""
) -> "list[Compiled]":
    """Every spec all the way through; exits with the findings of all where one has any."""
    results = [compile_one(spec, settings or {}) for spec in specs]
    diagnostics = [
        diagnostic for result in results if isinstance(result, list) for diagnostic in result
    ]
    fail_on(diagnostics, closing)
    return [result for result in results if not isinstance(result, list)]


def compile_at(name: str) -> "Compiled":
    """A spec, or one as git has it at a revision; exits where it has findings."""
    from archc.diagnostics import Diagnostic
    from archc.driver.revisions.git import spec_at

    with spec_at(name) as spec:
        if isinstance(spec, Diagnostic):
            refuse(spec)
        (compiled,) = compile_all([spec])
        return compiled
