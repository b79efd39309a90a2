"""Options and arguments that several commands share, and the examples in their help."""

import os
import re
from collections.abc import Iterable
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import click

from archc.commands.completion import complete_backend, complete_folder, complete_spec
from archc.language.settings import Setting, Settings, set_options

if TYPE_CHECKING:
    from archc.driver.backend import Backend
    from archc.driver.optimize import Recipe

DEFAULT_OUT = Path("generated")
_LONGEST_NUMBER = 40
_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")


def examples(*commands: str) -> str:
    """Return the end of a command's help: example commands, one per line."""
    return "\n".join(["\b", "Examples:", *(f"  {command}" for command in commands)])


class _Folder(click.Path):
    """The name of a folder. An empty name is an error: ``Path("")`` would be the current folder."""

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> str | bytes | os.PathLike[str]:
        if value == "":
            self.fail("the name is empty", param, ctx)
        folder: str | bytes | os.PathLike[str] = super().convert(value, param, ctx)
        return folder


specs_argument = click.argument(
    "specs", nargs=-1, metavar="[SPEC]...", shell_complete=complete_spec
)
out_option = click.option(
    "--out",
    type=_Folder(path_type=Path),
    default=DEFAULT_OUT,
    show_default=True,
    metavar="DIR",
    help="Folder of the generated files.",
    shell_complete=complete_folder,
)


class _BackendOption(click.Option):
    """An option whose help lists the installed backends, looked up when the help is shown."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        from archc.driver.backend import backends, default_name

        default = default_name()
        known = [f"{name} (default)" if name == default else name for name in backends()]
        self.help = f"Backend: {', '.join(known) or 'none is installed'}."
        return super().get_help_record(ctx)


backend_option = click.option(
    "--backend",
    cls=_BackendOption,
    default=None,
    metavar="NAME",
    help="Backend.",
    shell_complete=complete_backend,
)
weights_option = click.option(
    "--weights",
    type=click.Path(path_type=Path),
    default=None,
    metavar="FILE",
    help="Checkpoint whose weights the generated file holds, if the backend stores weights.",
)


def _settings(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> dict[str, Setting]:
    """Parse ``NAME=VALUE`` pairs. The value of ``input`` is a string, all others are numbers."""
    settings: dict[str, Setting] = {}
    for given in values:
        name, _, value = given.partition("=")
        if name in settings:
            raise click.BadParameter(f"{name} is set twice")
        if name == "input" and value:
            settings[name] = value
        elif _NUMBER.fullmatch(value) and len(value) <= _LONGEST_NUMBER:
            settings[name] = int(value) if value.lstrip("-+").isdecimal() else float(value)
        else:
            expected = "input=3x224x224" if name == "input" else f"{name or 'NAME'}=NUMBER"
            raise click.BadParameter(f"expected {expected}, got {given!r}")
    return settings


set_option = click.option(
    "--set",
    "settings",
    multiple=True,
    callback=_settings,
    metavar="NAME=VALUE",
    help="Set classes, input or a parameter of the spec.",
)
optimize_option = click.option(
    "--optimize",
    is_flag=True,
    help="The network optimised for inference: norms folded, sibling 1x1 convolutions merged, what "
    "only training needs removed.",
)
merge_option = click.option(
    "--merge",
    is_flag=True,
    help="The network with sibling 1x1 convolutions merged; it can be trained.",
)


def choose_recipe(optimize: bool, merge: bool) -> "Recipe | None":
    """Return the recipe of the option, or None without one. Raises UsageError for both options."""
    if optimize and merge:
        raise click.UsageError("use --optimize or --merge, not both; --optimize also merges")
    if not optimize and not merge:
        return None
    from archc.driver.optimize import DEPLOY, MERGED

    return DEPLOY if optimize else MERGED


def check_optimizable(backend: "Backend", recipe: "Recipe | None") -> None:
    """Raise UsageError if the backend does not support optimised networks."""
    if recipe is not None and "optimized" not in backend.options:
        raise click.UsageError(f"--{recipe.option}: this backend does not support it")


def build_command(
    specs: Iterable[str],
    backend: str | None,
    settings: Settings,
    recipe: "Recipe | None",
    weights: Path | None,
    out: Path,
) -> str:
    """Return the ``archc build`` command that writes the files of these options."""
    chosen = [quote(spec) for spec in specs]
    chosen += [f"--backend {backend}"] if backend else []
    chosen += set_options(settings)
    chosen += [f"--{recipe.option}"] if recipe else []
    chosen += [f"--weights {quote(str(weights))}"] if weights else []
    chosen += [f"--out {quote(str(out))}"] if out != DEFAULT_OUT else []
    return " ".join(["archc build", *chosen])


def choose_backend(name: str | None) -> "Backend":
    """Return the backend of that name, or the default. Raises UsageError if there is none."""
    from archc.driver.backend import DEFAULT, backends, load_backend

    backend = load_backend(name or DEFAULT)
    if backend is None:
        known = backends()
        if not known:
            raise click.UsageError("no backend is installed")
        problem = f"unknown backend {name}" if name else "no default backend"
        raise click.UsageError(f"{problem}; choose --backend from: {', '.join(known)}")
    return backend
