"""A hook of mkdocs: the site has the repository's own layout, so that links hold in both.

mkdocs looks for pages in docs/ alone, and would put them at the top. Here they keep their places,
and the texts at the top of the repository and what pages link to join them.
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
    """Put every decision into the navigation, behind the page that says what they are."""
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
    """The theme's files, and the repository's where they are in the repository."""
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
    """The files of the site; a folder may be called like one, as Jupyter's .ipynb_checkpoints."""
    for pattern in MEMBERS:
        yield from sorted(path for path in root.glob(pattern) if path.is_file())
