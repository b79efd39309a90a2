"""Options and arguments that several commands have."""

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


class _Folder(click.Path):
    """A folder's name; an empty one is no name, though a path makes "." of it."""

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> str | bytes | os.PathLike[str]:
        if value == "":
            self.fail("an empty name is no folder", param, ctx)
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
    """Its help names the backends that are installed, which are looked for when it is shown."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        from archc.driver.backend import backends, default_name

        default = default_name()
        known = [f"{name} (the default)" if name == default else name for name in backends()]
        self.help = f"The backend: {', '.join(known) or 'none is installed'}."
        return super().get_help_record(ctx)


backend_option = click.option(
    "--backend",
    cls=_BackendOption,
    default=None,
    metavar="NAME",
    help="The backend.",
    shell_complete=complete_backend,
)
weights_option = click.option(
    "--weights",
    type=click.Path(path_type=Path),
    default=None,
    metavar="FILE",
    help="Tensors to put into the file, for a backend whose files hold them.",
)


def _settings(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> dict[str, Setting]:
    """``NAME=VALUE`` pairs as a mapping. A value is a number; that of ``input`` is a text."""
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
            such = "input=3x224x224" if name == "input" else f"{name or 'NAME'}=NUMBER"
            raise click.BadParameter(f"{given!r} is not {such}")
    return settings


set_option = click.option(
    "--set",
    "settings",
    multiple=True,
    callback=_settings,
    metavar="NAME=VALUE",
    help="Give classes, input or a parameter of the spec another value.",
)
optimize_option = click.option(
    "--optimize",
    is_flag=True,
    help="For inference: norms folded, sibling 1x1 convolutions merged, what only training needs "
    "left out.",
)
merge_option = click.option(
    "--merge", is_flag=True, help="Sibling 1x1 convolutions merged, and nothing else: for training."
)


def chosen_recipe(optimize: bool, merge: bool) -> "Recipe | None":
    """How to optimise; None where neither is asked for. Raises UsageError where both are."""
    if optimize and merge:
        raise click.UsageError("--optimize merges, too: say one of --optimize and --merge")
    if not optimize and not merge:
        return None
    from archc.driver.optimize import DEPLOY, MERGED

    return DEPLOY if optimize else MERGED


def can_optimize(backend: "Backend", recipe: "Recipe | None") -> None:
    """Raises UsageError where the backend makes nothing of an optimised network."""
    if recipe is not None and "optimized" not in backend.options:
        raise click.UsageError(f"--{recipe.option}: this backend takes networks as written")


def build_command(
    specs: Iterable[str],
    backend: str | None,
    settings: Settings,
    recipe: "Recipe | None",
    weights: Path | None,
    out: Path,
) -> str:
    """The ``archc build`` that gives the same files, as it is typed."""
    chosen = [quote(spec) for spec in specs]
    chosen += [f"--backend {backend}"] if backend else []
    chosen += set_options(settings)
    chosen += [f"--{recipe.option}"] if recipe else []
    chosen += [f"--weights {quote(str(weights))}"] if weights else []
    chosen += [f"--out {quote(str(out))}"] if out != DEFAULT_OUT else []
    return " ".join(["archc build", *chosen])


def chosen_backend(name: str | None) -> "Backend":
    """The backend of that name, or the default one. Raises UsageError where there is none."""
    from archc.driver.backend import DEFAULT, backends, load_backend

    backend = load_backend(name or DEFAULT)
    if backend is None:
        known = backends()
        if not known:
            raise click.UsageError("no backend is installed")
        which = f"no backend {name}" if name else "no default backend"
        raise click.UsageError(f"{which}, choose --backend from: {', '.join(known)}")
    return backend
