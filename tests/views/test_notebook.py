"""Tests notebook views, and that the example's committed outputs are up to date."""

import base64
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import nbformat
import pytest
from nbclient import NotebookClient

import archc

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "notebook" / "googlenet.ipynb"
SPECS = sorted((ROOT / "specs").glob("*.yaml"))
HOSTILE = '<script>alert(1)</script><img src=x onerror=alert(2)> & "it\'s" | `x`'
SAFE_TAGS = set(
    "a caption details div h3 img li ol p s span summary sup table tbody td th thead tr ul".split()
)
"""The tags and properties that JupyterLab permits in untrusted notebooks and that archc uses."""
SAFE_ATTRIBUTES = {"alt", "class", "colspan", "href", "open", "scope", "src", "style", "title"}
LOST_ATTRIBUTES = {"aria-label", "role", "tabindex"}
"""JupyterLab removes these, without visible effect."""


class Seen(HTMLParser):
    """Collects a fragment's tags, attributes and text, and checks that all elements are closed."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(markup)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag != "img":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def markup(value: Any) -> str:
    return str(value._repr_html_())


def picture(seen: Seen) -> ElementTree.Element:
    (address,) = (value for name, value in seen.attributes if name == "src")
    kind, _, data = address.partition(",")
    assert kind == "data:image/svg+xml;base64"
    return ElementTree.fromstring(base64.b64decode(data))


def written(folder: Path, text: str) -> archc.Network:
    (folder / "net.yaml").write_text(text)
    return archc.load(folder / "net.yaml")


@pytest.fixture(scope="module")
def analysis() -> archc.Analysis:
    return archc.analyze(archc.load("googlenet.yaml"))


@pytest.fixture(scope="module")
def difference(analysis: archc.Analysis) -> archc.Difference:
    return archc.compare(analysis, archc.load("googlenet_separable.yaml"))


def test_a_network_shows_itself(analysis: archc.Analysis) -> None:
    seen = Seen(markup(analysis.network))
    for text in ("GoogLeNet", "won ILSVRC 2014", "3x224x224", "aux1 from inception4a"):
        assert text in seen.text
    labels = [element.text for element in picture(seen).iter() if element.tag.endswith("}text")]
    assert {row.name for row in analysis.network.rows} <= set(labels)
    assert repr(analysis.network) == ("<Network GoogLeNet: 3x224x224 to 1,000 classes in 21 rows>")


def test_an_analysis_shows_what_the_command_prints(analysis: archc.Analysis) -> None:
    command = (sys.executable, "-m", "archc", "table", "googlenet.yaml", "--format", "md")
    printed = subprocess.run(command, capture_output=True, encoding="utf-8", check=True).stdout
    _, _, *lines = printed.partition("\n\n")[0].splitlines()
    rows = [row.strip("| ").split(" | ") for row in lines]
    table = re.search(r"<tbody.*</tbody>", markup(analysis), re.DOTALL)
    assert table
    shown = []
    for row in re.findall(r"<tr[^>]*>(.*?)</tr>", table[0], re.DOTALL):
        cells = []
        for cell, tag in re.findall(r"(<t[hd].*?)</(t[hd])>", row):
            wide = re.search(r'colspan="(\d+)"', cell)
            cells += [Seen(f"{cell}</{tag}>").text, *[""] * (int(wide[1]) - 1 if wide else 0)]
        shown.append(
            [re.sub(r"(erratum: printed )(\S+?[KM]) \[\d+\]$", r"e \2", cell) for cell in cells]
        )
    assert [[cell.strip() for cell in row] for row in shown] == [
        [cell.strip() for cell in (*row, *[""] * (len(shown[0]) - len(row)))] for row in rows
    ]
    seen = Seen(markup(analysis))
    for text in ("6,998,552", "13,378,280", "1,582,671,872", "struck through: 12"):
        assert text in seen.text
    for errata in analysis.network.table.errata.values() if analysis.network.table else ():
        assert errata.why in seen.text
    assert picture(seen).get("viewBox")
    assert repr(analysis) == (
        "<Analysis GoogLeNet: 6,998,552 params, 1,582,671,872 MACs, depth 22>"
    )


def test_a_difference_shows_itself(difference: archc.Difference) -> None:
    seen = Seen(markup(difference))
    assert "name: GoogLeNet -> GoogLeNetSeparable" in seen.text
    for row in difference.rows:
        assert row.name in seen.text
    before, after = difference.totals.params
    assert f"{after - before:+,}" in seen.text
    assert repr(difference).startswith(
        f"<Difference: {len(difference.rows)} rows differ, {after - before:+,} params, "
    )


def test_no_difference_is_reported_as_such(analysis: archc.Analysis) -> None:
    same = archc.compare(analysis, analysis.network)
    assert Seen(markup(same)).text == "No difference in the architecture."
    assert repr(same) == "<Difference: 0 rows differ, +0 params, +0 MACs>"


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.stem)
def test_nothing_needs_trust_or_a_style_sheet(spec: Path, analysis: archc.Analysis) -> None:
    network = archc.load(spec)
    shown = (network, archc.analyze(network), archc.compare(analysis, network), archc.draw(network))
    for value in shown:
        text = markup(value)
        seen = Seen(text)
        assert set(seen.tags) <= SAFE_TAGS
        assert {name for name, _ in seen.attributes} <= SAFE_ATTRIBUTES | LOST_ATTRIBUTES
        assert [value for name, value in seen.attributes if name == "class"] == [
            "tex2jax_ignore mathjax_ignore"
        ]
        assert text == markup(value)
        assert len(text) < 150_000
        # Text has the notebook's colour, light or dark.
        styles = [value for name, value in seen.attributes if name == "style"]
        assert not [style for style in styles if re.search(r"(^|;)color:|url|background:", style)]


def test_what_a_spec_says_stays_text(tmp_path: Path) -> None:
    quoted = HOSTILE.replace("'", "''")
    network = written(
        tmp_path,
        f"archc: 1\nname: Net\nabout: '{quoted}'\ninput: 3x8x8\nclasses: 2\n"
        f"paper: {{title: '{quoted}', authors: '{quoted}', year: 2014}}\n"
        "body:\n  conv: {Conv: 1x1, out: 4}\nhead:\n  pool: {AvgPool: global}\n"
        "  fc: {Linear: classes}\n",
    )
    renamed = network._replace(name=HOSTILE + "\u202e\0")
    for value in (renamed, archc.analyze(renamed), archc.draw(renamed)):
        seen = Seen(markup(value))
        assert set(seen.tags) <= SAFE_TAGS
        assert not {name for name, _ in seen.attributes if name.startswith("on")}
        assert "\u202e" not in markup(value) + repr(value)
    assert HOSTILE in Seen(markup(renamed)).text
    difference = archc.compare(network, renamed)
    assert HOSTILE in Seen(markup(difference)).text


def test_a_large_network_is_shown_in_short(tmp_path: Path) -> None:
    rows = "".join(f"  c{i}: {{Conv: 1x1, out: {1 + i % 7}}}\n" for i in range(600))
    start = "archc: 1\nname: Net\ninput: 3x8x8\nclasses: 2\nbody:\n"
    end = "head:\n  pool: {AvgPool: global}\n  fc: {Linear: classes}\n"
    network = written(tmp_path, f"{start}{rows}{end}")
    changed = written(tmp_path, f"{start}{rows.replace('1x1', '3x3')}{end}")
    difference = archc.compare(network, changed)
    for value in (network, archc.analyze(network), difference):
        assert len(markup(value)) < 300_000
        assert len(repr(value)) < 200
    text = Seen(markup(archc.analyze(network))).text
    assert "503 rows are omitted; archc.to_pandas returns all." in text
    assert "c0" in text and "fc" in text and "c300" not in text
    shown = Seen(markup(difference)).text
    assert "total" in shown and "window 1x1/1 -> 3x3/1" in shown
    assert len(archc.to_pandas(network)) == 602


def test_too_large_a_picture_is_told_of(
    analysis: archc.Analysis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archc.views.page.fragment.MAXIMUM_PICTURE", 20_000)
    for value in (analysis, analysis.network):
        seen = Seen(markup(value))
        assert "img" not in seen.tags
        assert "too large for a notebook; archc.draw returns it." in seen.text


def test_a_wide_table_is_shown_in_short(
    analysis: archc.Analysis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archc.views.page.fragment.MAXIMUM_COLUMNS", 10)
    text = Seen(markup(analysis)).text
    assert "3 columns are omitted" in text
    assert "patch/stride" in text and "#5x5 reduce" not in text and "ops" in text


def test_shapes_that_do_not_fit_are_no_fault_of_showing(tmp_path: Path) -> None:
    network = written(
        tmp_path,
        "archc: 1\nname: Net\ninput: 3x8x8\nclasses: 2\n"
        "body:\n  conv: {Conv: 11x11, out: 4}\nhead:\n  fc: {Linear: classes}\n",
    )
    assert "do not fit" in Seen(markup(network)).text
    for function in (archc.analyze, archc.to_pandas, archc.draw):
        with pytest.raises(archc.SpecError):
            function(network)
    with pytest.raises(archc.SpecError):
        archc.compare(archc.load("googlenet.yaml"), network)


def test_a_drawing_is_the_text_of_a_file(analysis: archc.Analysis) -> None:
    whole, part = archc.draw(analysis.network), archc.draw(analysis, "inception3a")
    module = archc.draw(analysis, module="Inception", theme="dark")
    for drawing in (whole, part, module):
        assert ElementTree.fromstring(drawing).tag.endswith("}svg")
        assert ElementTree.tostring(picture(Seen(markup(drawing)))) == ElementTree.tostring(
            ElementTree.fromstring(drawing)
        )
    assert "#3x3 reduce" in module and "#3x3 reduce" not in part
    assert "prefers-color-scheme" in whole and "prefers-color-scheme" not in module
    assert re.fullmatch(r"<Drawing of GoogLeNet: [0-9,]+ characters of SVG>", repr(whole))
    with pytest.raises(ValueError, match="not both"):
        archc.draw(analysis, "conv1", "Inception")


def test_tables_of_pandas_are_those_of_the_command(analysis: archc.Analysis) -> None:
    for layers in (False, True):
        command = [sys.executable, "-m", "archc", "table", "googlenet.yaml", "--format", "csv"]
        command += ["--layers"] if layers else []
        printed = subprocess.run(command, capture_output=True, encoding="utf-8", check=True).stdout
        again = r"total" if layers else r"total|aux\d\."
        lines = [line for line in printed.splitlines() if not re.match(again, line)]
        assert len(lines) == len(printed.splitlines()) - (2 if layers else 10)
        frame = archc.to_pandas(analysis, layers=layers)
        assert frame.to_csv(index=False).splitlines() == lines


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.stem)
def test_sums_of_tables_are_the_totals(spec: Path) -> None:
    analysis = archc.analyze(spec)
    cost = analysis.cost_with_aux
    rows, layers = (archc.to_pandas(analysis, layers=layers) for layers in (False, True))
    for table, ops in ((rows, "ops"), (layers, "macs")):
        sums = [table[column].sum() for column in ("weights", "params", ops)]
        assert sums == [cost.weights, cost.params, cost.macs]
    body = rows[~rows["row"].isin([head.node.path for head in analysis.aux])]
    assert body["params"].sum() == analysis.cost.params


def test_a_path_or_a_name_will_do(tmp_path: Path) -> None:
    by_name, by_path = "googlenet.yaml", ROOT / "specs" / "googlenet.yaml"
    network = archc.load(by_name)
    analysis = archc.analyze(network)
    for spec in (by_name, by_path, str(by_path)):
        assert archc.analyze(spec).cost == analysis.cost
        assert archc.draw(spec) == archc.draw(network)
        assert archc.compare(spec, analysis).totals.same
        assert archc.to_pandas(spec).equals(archc.to_pandas(analysis))
        assert archc.emit(spec).keys() == archc.emit(network).keys()
    with pytest.raises(archc.SpecError, match=r"did you mean googlenet\.yaml"):
        archc.draw("gogglenet.yaml")
    values: tuple[Any, ...] = (None, archc.compare(analysis, analysis))
    for value in values:
        with pytest.raises(TypeError, match=f"not {type(value).__name__}"):
            archc.analyze(value)


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ({"path": "incption4a"}, "no row or layer incption4a; did you mean inception4a?"),
        ({"path": "aux1.con"}, "no row or layer aux1.con; did you mean aux1.conv?"),
        ({"path": "zzz"}, "no row or layer zzz"),
        ({"module": "Incepton"}, "no module Incepton; did you mean Inception?"),
    ],
)
def test_a_missing_part(analysis: archc.Analysis, part: dict[str, Any], message: str) -> None:
    with pytest.raises(LookupError) as raised:
        archc.draw(analysis, **part)
    assert raised.value.args == (f"GoogLeNet has {message}",)


def test_columns_have_types(analysis: archc.Analysis, difference: archc.Difference) -> None:
    table = archc.to_pandas(analysis)
    for column in ("depth", "weights", "params", "ops", "#3x3 reduce"):
        assert table[column].dtype == "Int64"
    for column in ("row", "output", "params printed", "params verdict"):
        assert table[column].dtype == "string"
    assert table["#1x1"].isna().any() and table["params printed"].isna().any()
    rows = archc.to_pandas(difference)
    changed = [rows[f"params {side}"].sum() for side in ("before", "after")]
    assert changed[1] - changed[0] == difference.totals.params[1] - difference.totals.params[0]
    assert rows["output before"].dtype == "string" and rows["macs after"].dtype == "Int64"
    with pytest.raises(ValueError, match="no table of layers"):
        archc.to_pandas(difference, layers=True)


def test_counts_that_64_bits_do_not_hold_stay_exact() -> None:
    from archc.views.tables.records import as_frame

    frame = as_frame([{"n": 2**70, "x": 1, "f": 0.5}, {"n": 1, "f": None}])
    assert list(frame["n"]) == [2**70, 1]
    assert str(frame["x"].dtype) == "Int64" and frame["x"].isna().tolist() == [False, True]
    assert str(frame["f"].dtype) == "Float64"
    assert as_frame([]).empty


def test_without_pandas_it_says_how_to_install_it(
    analysis: archc.Analysis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archc.api.find_module", lambda name: None)
    with pytest.raises(archc.BackendUnavailable, match=r"pip install 'archc-compiler\[notebook\]'"):
        archc.to_pandas(analysis)


def test_views_are_imported_when_something_is_shown() -> None:
    program = (
        "import sys, archc; archc.analyze(archc.load('googlenet.yaml')); "
        "views = ('archc.views.page', 'archc.views.drawing', 'archc.views.tables', 'pandas'); "
        "print([name for name in sys.modules if name.startswith(views)])"
    )
    done = subprocess.run(
        (sys.executable, "-c", program), capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Run the example in a kernel, in a new folder, without the user's settings."""
    folder = tmp_path_factory.mktemp("notebook")
    notebook = nbformat.read(EXAMPLE, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    client = NotebookClient(
        notebook,
        timeout=300,
        kernel_name="python3",
        record_timing=False,
        resources={"metadata": {"path": str(folder)}},
    )
    with pytest.MonkeyPatch.context() as patch:
        for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
            patch.setenv(name, str(folder / name))
        before = dict(notebook.metadata)
        client.execute()
    notebook.metadata = before
    return notebook


def test_the_example_is_what_a_kernel_makes_of_it(
    executed: Any, request: pytest.FixtureRequest
) -> None:
    if request.config.getoption("--update-expected"):
        nbformat.write(executed, EXAMPLE)
    assert nbformat.read(EXAMPLE, as_version=4) == executed


def test_the_example_shows_what_is_true(executed: Any, analysis: archc.Analysis) -> None:
    outputs = [output for cell in executed.cells for output in cell.get("outputs", ())]
    assert {output.output_type for output in outputs} == {"execute_result", "stream"}
    shown = [output.data for output in outputs if output.output_type == "execute_result"]
    assert all("text/html" in data for data in shown)
    whole, table, *_, compared, _ = shown
    assert whole["text/html"] == markup(analysis.network)
    assert table["text/html"] == markup(analysis)
    # In the row of totals and, before and after, in the row with auxiliary heads, too.
    assert Seen(compared["text/html"]).text.count("+175,280") == 3
    assert compared["text/plain"] == (
        "<Difference: 12 rows differ, +175,280 params, +53,179,648 MACs>"
    )
