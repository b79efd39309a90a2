"""Where specs are found: as a path, then in ``specs/``, then among those shipped with archc."""

from pathlib import Path

from archc.diagnostics import Code, Diagnostic, guess


def shipped() -> Path:
    """The folder of the specs that come with archc."""
    package = Path(__file__).parent
    installed = package / "specs"
    return installed if installed.is_dir() else package.parents[1] / "specs"


def find_spec(name: str) -> Path | Diagnostic:
    """The spec's path; a finding that names those there are where it is nowhere."""
    for path in (Path(name), Path("specs", name), shipped() / name):
        try:
            if path.exists():
                return path
        except (OSError, ValueError):
            continue
    known = sorted(
        {path.name for folder in (Path("specs"), shipped()) for path in specs_in(folder)}
    )
    hint = guess(Path(name).name, known) or f"there are {', '.join(known)}"
    return Diagnostic(Code.UNREADABLE, f"no spec {name}", hint=hint)


def specs_in(folder: Path) -> list[Path]:
    """The folder's specs, by name."""
    return sorted(folder.glob("*.yaml")) if folder.is_dir() else []
