"""What a shell may put where the cursor is: names of specs and of backends.

The shell asks at every press of a key, so that nothing here compiles a spec, and imports stand
where they are used.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from click import Context, Parameter
    from click.shell_completion import CompletionItem


def complete_spec(
    context: "Context", parameter: "Parameter", typed: str
) -> "list[CompletionItem[str]]":
    """The names under which specs are found, and files where no name begins with what is typed."""
    from click.shell_completion import CompletionItem

    from archc.language.library import named_specs

    found = [file.path for files in named_specs().values() for file in files]
    # Only what can be a module's name: anything else may mean something to the shell.
    names = sorted(path.name for path in found if _is_plain(path.stem))
    matching = [CompletionItem(name) for name in names if name.startswith(typed)]
    # The mark for files stands first, since bash forgets what it has when it meets it.
    return [CompletionItem(typed, type="file"), *matching]


def complete_backend(context: "Context", parameter: "Parameter", typed: str) -> list[str]:
    """The backends that are installed."""
    from archc.driver.backend import backends

    return [name for name in backends() if name.startswith(typed)]


def complete_folder(
    context: "Context", parameter: "Parameter", typed: str
) -> "list[CompletionItem[str]]":
    """Folders, by the shell's own means."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(typed, type="dir")]


def _is_plain(stem: str) -> bool:
    return stem.isascii() and stem.isidentifier()
