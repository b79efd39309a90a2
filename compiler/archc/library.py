"""Where specs are found: as a path, then in ``specs/``, then among those shipped with archc."""

from pathlib import Path

from archc.diagnostics import Code, Diagnostic, Hint, guess

MOST_LISTED = 20  # names in a hint


def shipped() -> Path:
    """The folder of the specs that come with archc."""
    package = Path(__file__).parent
    installed = package / "specs"
    return installed if installed.is_dir() else package.parents[1] / "specs"


def find_spec(name: str, beside: Path | None = None) -> Path | Diagnostic:
    """The spec's path; a finding that names those there are where it is nowhere.

    ``beside`` is the folder of a spec that asks for another; those in it are named, too.
    """
    for path in (Path(name), Path("specs", name), shipped() / name):
        try:
            if path.exists():
                return path
        except (OSError, ValueError):
            continue
    known = known_specs(*([beside] if beside else ()))
    hint: Hint | None = guess(Path(name).name, known)
    if hint is None and len(known) <= MOST_LISTED:
        hint = f"there are {', '.join(known)}"
    return Diagnostic(Code.UNREADABLE, f"no spec {name}", hint=hint)


def known_specs(*folders: Path) -> list[str]:
    """The names of the specs in these folders, in ``specs/``, and of those shipped with archc."""
    return sorted(
        {path.name for folder in (*folders, Path("specs"), shipped()) for path in specs_in(folder)}
    )


def specs_in(folder: Path) -> list[Path]:
    """The folder's specs, by name."""
    found = folder.glob("*.yaml") if folder.is_dir() else ()
    return sorted(path for path in found if path.is_file())
