"""Shell completion of specs, backends and folders.

The shell runs it at every press of the Tab key, so nothing here compiles a spec, and imports are
local.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from click import Context, Parameter
    from click.shell_completion import CompletionItem


def complete_spec(
    context: "Context", parameter: "Parameter", typed: str
) -> "list[CompletionItem[str]]":
    """Return names of specs, and let the shell complete paths."""
    from click.shell_completion import CompletionItem

    from archc.language.spec_files import specs_by_folder

    found = [file.path for files in specs_by_folder().values() for file in files]
    # Only plain names: others may contain characters that the shell interprets.
    names = sorted(path.name for path in found if _is_plain(path.stem))
    matching = [CompletionItem(name) for name in names if name.startswith(typed)]
    # The file item comes first: bash discards items before it.
    return [CompletionItem(typed, type="file"), *matching]


def complete_backend(context: "Context", parameter: "Parameter", typed: str) -> list[str]:
    """Return the installed backends."""
    from archc.driver.backend import backends

    return [name for name in backends() if name.startswith(typed)]


def complete_folder(
    context: "Context", parameter: "Parameter", typed: str
) -> "list[CompletionItem[str]]":
    """Let the shell complete folders."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(typed, type="dir")]


def _is_plain(stem: str) -> bool:
    return stem.isascii() and stem.isidentifier()
