"""A hook for mkdocs that gives the site the repository's layout, so that links work in both.

mkdocs takes pages only from docs/ and moves them to the top of the site. This hook keeps their
paths, and adds the files at the top of the repository and the files that pages link to.
"""

from collections.abc import Iterator
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel

ROOT = Path(__file__).parents[1]
MEMBERS = (
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "docs/**/*.md",
    "docs/archc.schema.json",
    "docs/man/*",
    "docs/pictures/*.svg",
    "specs/*.yaml",
    "tests/fuzz/README.md",
    "examples/*/*.*",
    "generated/*.py",
)
DECISIONS = "docs/decisions"


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Add every decision record to the navigation, after the index."""
    numbered = sorted((ROOT / DECISIONS).glob("[0-9]*.md"))
    records = [f"{DECISIONS}/README.md", *(f"{DECISIONS}/{path.name}" for path in numbered)]
    config.nav = [
        {title: records if target == DECISIONS else target for title, target in entry.items()}
        if isinstance(entry, dict)
        else entry
        for entry in config.nav or ()
    ]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Replace the files of docs/ by the repository's files; keep the theme's files."""
    docs = Path(config.docs_dir)
    for file in list(files):
        if file.abs_src_path and Path(file.abs_src_path).is_relative_to(docs):
            files.remove(file)
    for path in members(ROOT):
        uri = path.relative_to(ROOT).as_posix()
        member = File.generated(config, uri, abs_src_path=str(path))
        member.inclusion = InclusionLevel.INCLUDED
        files.append(member)
    return files


def members(root: Path) -> Iterator[Path]:
    """Yield the site's files; patterns may also match folders, such as .ipynb_checkpoints."""
    for pattern in MEMBERS:
        yield from sorted(path for path in root.glob(pattern) if path.is_file())
