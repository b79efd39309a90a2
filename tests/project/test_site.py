"""Tests that the documentation site builds without warnings and loads nothing from elsewhere."""

import re
import runpy
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOADED_BY_STYLES = re.compile(r"""url\(\s*["']?([^"')]+)|@import\s+["']([^"']+)""")


class Loaded(HTMLParser):
    """Collects what a page makes a browser load; links are not loaded."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("src", "srcset", "data") or (tag, name) == ("link", "href"):
                self.addresses.append(value or "")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = (sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder))
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    loaded = Loaded()
    pages = sorted(site.rglob("*.html"))
    for page in pages:
        loaded.feed(page.read_text())
    styles = "".join(path.read_text() for path in site.rglob("*.css"))
    addresses = [*loaded.addresses, *map("".join, LOADED_BY_STYLES.findall(styles))]
    assert len(addresses) > 5 * len(pages)
    assert [a for a in addresses if "//" in a and not a.startswith("data:")] == []


def test_every_document_is_a_page(site: Path) -> None:
    documents = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
    for document in (*documents, *(ROOT / "docs").rglob("*.md")):
        page = site / document.relative_to(ROOT).with_suffix(".html")
        page = page.with_name("index.html") if page.stem == "README" else page
        heading = document.read_text().partition("\n")[0].removeprefix("# ").replace("`", "")
        assert heading in re.sub(r"<[^>]*>", "", page.read_text())


def test_links_hold_as_they_do_in_the_repository(site: Path) -> None:
    index = (site / "index.html").read_text()
    checkpoints = (site / "docs" / "checkpoints.html").read_text()
    networks = (site / "docs" / "networks.html").read_text()
    for page, link in (
        (index, "docs/language.html"),
        (checkpoints, "language.html#checkpoints"),
        (index, "generated/googlenet.py"),
        (networks, "../specs/googlenet.yaml"),
    ):
        assert f'href="{link}"' in page
    assert (site / "generated" / "googlenet.py").is_file()
    assert (site / "specs" / "googlenet.yaml").is_file()


def test_folders_that_tools_leave_behind_are_no_pages(tmp_path: Path) -> None:
    folder = tmp_path / "examples" / "notebook"
    (folder / ".ipynb_checkpoints").mkdir(parents=True)
    (folder / ".ipynb_checkpoints" / "net-checkpoint.ipynb").write_text("{}")
    (folder / "net.ipynb").write_text("{}")
    members = runpy.run_path(str(ROOT / "docs" / "layout.py"))["members"]
    assert list(members(tmp_path)) == [folder / "net.ipynb"]
