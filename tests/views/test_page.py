"""Tests that ``archc report`` gives a self-contained page with the numbers of ``archc table``."""

import base64
import hashlib
import io
import json
import os
import re
import stat
from html.parser import HTMLParser
from pathlib import Path

import pytest
import torch
from command_line import run, run_without
from PIL import Image
from pypdf import PdfReader
from torch.utils.flop_counter import FlopCounterMode

import archc
from archc.views.drawing.network import draw_network
from archc.views.drawing.svg import render, style

SPECS = sorted((Path(__file__).parents[2] / "specs").glob("*.yaml"))
CAPTION = "Computed values. Sizes are height x width x channels, as in papers"
VOID = {"meta", "link", "br"}


class Page(HTMLParser):
    """Collects tables by caption as rows of texts, scripts, styles, links and tags."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self.raw: dict[str, list[str]] = {"script": [], "style": []}
        self.attributes: list[tuple[str, str, str]] = []
        self.text = ""
        self._rows: list[list[str]] = []
        self._cell = 0
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == [], self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self._open.append(tag)
        if tag == "table":
            self._rows = []
        elif tag == "tr":
            self._rows.append([])
        elif tag in ("td", "th"):
            wide = int(dict(attrs).get("colspan") or 1)
            self._rows[-1] += [""] * wide
            self._cell = len(self._rows[-1]) - wide
        elif tag in self.raw:
            self.raw[tag].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        inside = self._open[-1] if self._open else ""
        if inside in self.raw:
            self.raw[inside][-1] += data
            return
        self.text += data
        if inside == "caption":
            self.tables[data] = self._rows
        elif inside != "title" and {"td", "th"} & set(self._open):
            self._rows[-1][self._cell] += data


def page_of(folder: Path, *specs: str) -> Page:
    out = folder / "page.html"
    result = run("report", *specs, "-o", str(out), "--force")
    assert result.exit_code == 0, result.output
    return Page(out.read_text())


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_the_numbers_are_those_of_the_table(spec: Path, tmp_path: Path) -> None:
    page = page_of(tmp_path, str(spec))
    table = json.loads(run("table", str(spec), "--format", "json").output)
    printed = run("table", str(spec), "--format", "md").output.partition("\n\n")[0].splitlines()
    cells = [[c.strip().replace("\\|", "|") for c in line.split("|")[1:-1]] for line in printed]
    shown = page.tables[CAPTION]
    assert shown[0] == cells[0]
    assert len(shown) == len(cells) - 1
    for ours, theirs in zip(shown[1:], cells[2:], strict=True):
        for mine, text in zip(ours, theirs, strict=True):
            plain = re.sub(r"(erratum|mismatch): printed | \[\d+\]$", "", mine)
            assert mine == text or plain.split()[0] == text.split()[0], (mine, text)
            if " e " in text:
                computed, was = text.split(" e ")
                assert re.fullmatch(rf"{re.escape(computed)} erratum: printed {was} \[\d+\]", mine)
    lines = {row[0]: row for row in page.tables["Rows, branches and layers"]}
    for layer in (*table["layers"], *(one for head in table["aux"] for one in head["layers"])):
        line = lines.get(layer["path"])
        if line is None:  # one of several equal rows
            continue
        counts = [int(text.replace(",", "") or 0) for text in line[6:15]]
        names = ("params", "weights", "biases", "norm", "macs")
        others = ("pool_ops", "norm_ops", "activation_ops")
        assert counts[1:] == [layer[name] for name in (*names, *others)]
        assert line[4:6] == ["x".join(map(str, layer[side])) for side in ("input", "output")]
        assert line[15] == "x".join(map(str, layer["receptive_field"]))
    costs = page.tables["Costs of each row, for one image"]
    rows = {row["name"]: row for row in (*table["rows"], *table["aux"])}
    for name, *bars in costs[1:]:
        row = rows[name.partition(" and ")[0]]
        numbers = [int(text.replace(",", "") or 0) for text in bars[1:6:2]]
        assert numbers == [row["params"], row["macs"], row["activations"]]
    counted = {row[0]: row[1] for row in page.tables["Other ways to count this network"]}
    assert counted["params"] == f"{table['totals']['params']:,}"
    assert counted["MACs"] == f"{table['totals']['macs']:,}"
    assert counted["FLOPs, two per MAC"] == f"{2 * table['totals']['macs']:,}"


def test_every_erratum_has_its_reason(tmp_path: Path) -> None:
    page = page_of(tmp_path, "googlenet.yaml")
    assert "inception5a.params: the printed 1072K follows from 928 input channels" in page.text
    assert "Printed params: weights without biases, K = 1,024, rounded down." in page.text
    assert "58 of 70 printed cells match the computed ones exactly" in page.text
    assert "Errata, with the printed value struck through: 12." in page.text


def test_other_counts_are_those_of_torch(tmp_path: Path) -> None:
    page = page_of(tmp_path, "googlenet_bn.yaml")
    rows = page.tables["Other ways to count this network"]
    counted = {row[0]: int(row[1].replace(",", "")) for row in rows[1:]}
    with torch.device("meta"):
        model = archc.module_class("googlenet_bn.yaml")()
        image = torch.empty(1, 3, 224, 224)
    params = sum(p.numel() for p in model.parameters())
    assert counted["params with auxiliary heads"] == params
    state = sum(tensor.numel() for tensor in model.state_dict().values())
    assert counted["elements of a state_dict"] == state
    for training, name in (
        (False, "FLOPs, two per MAC"),
        (True, "FLOPs with auxiliary heads"),
    ):
        model.train(training)
        with FlopCounterMode(display=False) as counter:
            model(image)
        assert counted[name] == counter.get_total_flops()


@pytest.mark.parametrize(
    ("spec", "name", "number"),
    [
        # The numbers of torchinfo 1.8, and of timm's benchmark tables in GMACs.
        ("googlenet.yaml", "MACs and bias adds", "1,585,899,032"),
        ("inception_v3.yaml", "MACs, and two per output element of norms", "5,731,151,072"),
        ("inception_v4.yaml", "MACs, and two per output element of norms", "12,284,152,992"),
    ],
)
def test_other_counts_are_what_other_tools_print(
    spec: str, name: str, number: str, tmp_path: Path
) -> None:
    rows = page_of(tmp_path, spec).tables["Other ways to count this network"]
    assert {row[0]: row[1] for row in rows}[name] == number


@pytest.mark.parametrize("specs", [["googlenet.yaml"], ["googlenet.yaml", "inception_v3.yaml"]])
def test_a_page_is_self_contained(specs: list[str], tmp_path: Path) -> None:
    page = page_of(tmp_path, *specs)
    (policy,) = [v for _, name, v in page.attributes if name == "content" and "default-src" in v]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules.pop("default-src") == "'none'"
    for kind in ("script", "style"):
        (code,) = page.raw[kind]
        digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
        assert rules.pop(f"{kind}-src") == f"'sha256-{digest}'"
    assert rules == {"img-src": "data:", "base-uri": "'none'", "form-action": "'none'"}
    leads = [value for _, name, value in page.attributes if name in ("href", "src", "xlink:href")]
    assert all(
        re.match(r"data:,$|#(network|section)-\d$|https://arxiv.org/abs/", lead) for lead in leads
    )
    assert not [name for _, name, _ in page.attributes if name.startswith("on") or name == "style"]
    ids = [value for _, name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    assert {v for _, name, v in page.attributes if name == "data-line"} <= set(ids)


def test_the_page_of_googlenet_is_small(tmp_path: Path) -> None:
    page_of(tmp_path, "googlenet.yaml")
    assert (tmp_path / "page.html").stat().st_size <= 150_000


def test_several_specs_are_side_by_side(tmp_path: Path) -> None:
    page = page_of(tmp_path, "googlenet.yaml", "googlenet_small.yaml", "googlenet_half.yaml")
    totals = {
        row[0]: row[1:]
        for row in page.tables["Totals; differences from the first network are marked"]
    }
    names = ("googlenet.yaml", "googlenet_small.yaml", "googlenet_half.yaml")
    expected = [json.loads(run("table", name, "--format", "json").output) for name in names]
    for line, count in (("parameters", "params"), ("MACs", "macs")):
        first, *others = (one["totals"][count] for one in expected)
        percents = [f"{n:,} ({100 * (n - first) / first:+.2f}%)" for n in others]
        assert totals[line] == [f"{first:,}", *percents]
    rows = page.tables["Row by row; differences from the first network are marked"]
    assert rows[0][1:] == [
        n for n in ("GoogLeNet", "GoogLeNetSmall", "GoogLeNetHalf") for n in (n, "", "")
    ]
    assert {len(row) for row in rows} == {10}
    assert any("network-2" in value for _, _, value in page.attributes)


HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>&amp;\" onload='x"


def test_what_a_spec_says_is_text(tmp_path: Path) -> None:
    spec = tmp_path / "hostile.yaml"
    quoted = json.dumps(HOSTILE)
    spec.write_text(
        f"archc: 1\nname: Hostile\nabout: {quoted}\n"
        f"paper: {{title: {quoted}, authors: {quoted}, year: 2014}}\n"
        f"input: 3x32x32\nclasses: 10\nmodules:\n  M:\n    about: {quoted}\n"
        "    columns: ['#1x1 a']\n    Concat:\n      b: {Conv: 1x1, out: '#1x1 a'}\n"
        "      c: {Conv: 1x1, out: '#1x1 a'} # <script>alert(3)</script>\n"
        "body:\n  m: {M: [8]}\nhead:\n  pool: {AvgPool: global}\n  fc: {Linear: classes}\n"
    )
    page = page_of(tmp_path, str(spec))
    assert page.text.count(HOSTILE) >= 3
    assert len(page.raw["script"]) == 1 and "alert" not in page.raw["script"][0]
    assert not [a for a in page.attributes if a[0] == "img" or a[1].startswith("on")]
    out = tmp_path / "m.svg"
    assert run("report", str(spec), "--module", "M", "-o", str(out)).exit_code == 0
    assert "1x1 #1x1 a" in out.read_text()


def test_a_file_name_is_text_too(tmp_path: Path) -> None:
    spec = tmp_path / "--><script>alert(1)<\u202e.yaml"
    try:
        spec.write_text((SPECS[1]).read_text())
    except OSError:
        pytest.fail("this file system does not allow the name")
    page = page_of(tmp_path, str(spec))
    assert len(page.raw["script"]) == 1
    assert "--><script>alert(1)<\\u202e.yaml" in page.text
    out = tmp_path / "x.svg"
    assert run("report", str(spec), "-o", str(out)).exit_code == 0
    assert out.read_bytes().count(b"<script") == 0


def test_a_spec_with_errors_gives_no_report(tmp_path: Path) -> None:
    spec, out = tmp_path / "bad.yaml", tmp_path / "page.html"
    spec.write_text("archc: 1\nname: Bad\ninput: 3x32x32\nclasses: 10\nbody:\n  a: {Cnov: 3x3}\n")
    out.write_text("mine")
    result = run("report", "googlenet.yaml", str(spec), "-o", str(out), "--force")
    assert result.exit_code == 1
    assert "bad.yaml:6:7: error[A205]" in result.output
    assert out.read_text() == "mine"


def test_nothing_is_lost(tmp_path: Path) -> None:
    foreign = tmp_path / "notes.html"
    foreign.write_text("mine")
    refused = run("report", "googlenet.yaml", "-o", str(foreign))
    assert (refused.exit_code, foreign.read_text()) == (1, "mine")
    assert "use --force to replace it" in refused.output
    folder = tmp_path / "folder.html"
    folder.mkdir()
    assert "Is a directory" in run("report", "googlenet.yaml", "-o", str(folder)).output
    link = tmp_path / "link.html"
    link.symlink_to(foreign)
    linked = run("report", "googlenet.yaml", "-o", str(link), "--force")
    assert linked.exit_code == 1 and "symbolic link" in linked.output
    assert foreign.read_text() == "mine"
    below = run("report", "googlenet.yaml", "-o", str(foreign / "page.html"))
    assert below.exit_code == 1 and "Not a directory" in below.output
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "folder.html",
        "link.html",
        "notes.html",
    ]


def test_what_is_no_file_is_left_alone(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.html"
    os.mkfifo(pipe)
    for path, words in (
        (pipe, "a device, pipe or socket"),
        (Path(os.devnull), "a device, pipe or socket"),
        (tmp_path / f"{'a' * 300}.html", "File name too long"),
    ):
        for more in ((), ("--force",), ("--check",)):
            line = ("report", "googlenet.yaml", "--format", "html", "-o", str(path), *more)
            result = run(*line)
            assert result.exit_code == 1 and words in result.output, result.output
    assert stat.S_ISFIFO(pipe.lstat().st_mode)


def test_a_link_to_a_current_report_is_current(tmp_path: Path) -> None:
    out, link = tmp_path / "page.html", tmp_path / "link.html"
    run("report", "googlenet.yaml", "-o", str(out))
    link.symlink_to(out)
    assert run("report", "googlenet.yaml", "-o", str(link), "--check").exit_code == 0


def test_no_spec_is_written_over(tmp_path: Path) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text(SPECS[1].read_text())
    line = ("report", str(spec), "--format", "svg", "-o", str(spec), "--force")
    result = run(*line)
    assert result.exit_code == 1 and "is one of the specs" in result.output
    assert spec.read_text() == SPECS[1].read_text()


def test_two_specs_of_one_name_do_not_share_a_file(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "net.yaml").write_text(SPECS[1].read_text())
    specs = [str(tmp_path / name / "net.yaml") for name in ("one", "two")]
    result = run("report", *specs, "--each", "-o", str(tmp_path / "out"))
    assert result.exit_code == 1 and "would both write net.html" in result.output
    assert not (tmp_path / "out").exists()


def test_an_edited_report_is_told_from_a_stale_one(tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    line = ("report", "googlenet.yaml", "-o", str(out), "--check")
    assert "hint: run archc report" in run(*line).output
    run("report", "googlenet_bn.yaml", "-o", str(out))
    assert "hint: run archc report to update it" in run(*line).output
    out.write_text(out.read_text() + " ")
    assert "run archc report --force to update it" in run(*line).output


def test_a_comparison_tells_of_rows_that_are_gone_renamed_and_new(tmp_path: Path) -> None:
    head = "head:\n  pool: {AvgPool: global}\n  fc: {Linear: classes}\n"
    preamble = "archc: 1\nname: Net\ninput: 3x32x32\nclasses: 10\nbody:\n"
    first = "  a: {Conv: 3x3, out: 8}\n  gone: {Conv: 5x5, out: 8}\n  old: {MaxPool: 2x2/2}\n"
    second = "  a: {Conv: 3x3, out: 8}\n  young: {MaxPool: 2x2/2}\n  extra: {Conv: 1x1, out: 8}\n"
    for name, rows in (("first", first), ("second", second)):
        (tmp_path / f"{name}.yaml").write_text(preamble + rows + head)
    page = page_of(tmp_path, str(tmp_path / "first.yaml"), str(tmp_path / "second.yaml"))
    changes = {row[0]: row[1] for row in page.tables["Rows that differ"]}
    assert changes["gone"] == "removed"
    assert changes["old -> young"] == "renamed"
    assert changes["extra"] == "added"
    side = page.tables["Row by row; differences from the first network are marked"]
    named = {row[0]: row for row in side}
    assert "old / young" in named and named["gone"][4] == "none"
    same = page_of(tmp_path, str(tmp_path / "first.yaml"), str(tmp_path / "first.yaml"))
    assert "No difference in the architecture." in same.text


def test_what_follows_a_convolution_is_told(tmp_path: Path) -> None:
    page = page_of(tmp_path, "googlenet_bn.yaml")
    lines = {row[0]: row for row in page.tables["Rows, branches and layers"]}
    assert lines["conv1"][:5] == ["conv1", "conv", "7x7/2", "BatchNorm, ReLU", "3x224x224"]
    assert lines["inception3a.branch2"][1:4] == ["sequence", "", ""]
    assert lines["inception3a.branch2"][15] == lines["inception3a.branch2.1"][15] != ""


def test_a_report_is_replaced_unless_it_was_edited(tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    assert run("report", "googlenet.yaml", "-o", str(out)).output == f"wrote {out}\n"
    assert run("report", "googlenet.yaml", "-o", str(out)).output == f"{out} is current\n"
    assert run("report", "googlenet_bn.yaml", "-o", str(out)).output == f"wrote {out}\n"
    out.write_text(out.read_text().replace("GoogLeNetBN", "Mine"))
    edited = run("report", "googlenet.yaml", "-o", str(out))
    assert edited.exit_code == 1 and "was edited after archc wrote it" in edited.output


def test_pictures_can_be_checked(tmp_path: Path) -> None:
    names = ("googlenet.yaml", "googlenet_bn.yaml")
    line = ("report", *names, "--format", "svg", "--each", "-o", str(tmp_path))
    assert run(*line, "--check").exit_code == 1
    assert run(*line).exit_code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "googlenet.svg",
        "googlenet_bn.svg",
    ]
    assert run(*line, "--check").exit_code == 0
    (tmp_path / "googlenet.svg").write_text("stale")
    stale = run(*line, "--check")
    assert stale.exit_code == 1 and "googlenet.svg" in stale.output
    assert (tmp_path / "googlenet.svg").read_text() == "stale"


def test_png_and_pdf_show_the_same(tmp_path: Path) -> None:
    for suffix in ("png", "pdf"):
        outs = [tmp_path / f"{n}.{suffix}" for n in range(4)]
        for out in outs:
            assert run("report", "googlenet.yaml", "-o", str(out)).exit_code == 0
        assert len({out.read_bytes() for out in outs}) == 1
    analysis = archc.analyze(archc.load("googlenet.yaml"))
    sides = [
        int(side or 0) for side in map(render(draw_network(analysis)).get, ("width", "height"))
    ]
    with Image.open(tmp_path / "0.png") as image:
        assert image.size == tuple(3 * side for side in sides)
    (page,) = PdfReader(io.BytesIO((tmp_path / "0.pdf").read_bytes())).pages
    text = page.extract_text()
    assert "inception4a" in text and "3x3 208" in text and "max 3x3/2" in text


def test_wrong_usage_is_reported(tmp_path: Path) -> None:
    out = str(tmp_path / "x.svg")
    for arguments, words in (
        (("googlenet.yaml", "--at", "conv1"), "draw one SPEC as a picture: use --format svg"),
        (
            ("googlenet.yaml", "googlenet_bn.yaml", "--at", "a", "-o", out),
            "draw one SPEC as a picture",
        ),
        (
            ("googlenet.yaml", "--at", "a", "--module", "b", "-o", out),
            "use --at or --module, not both",
        ),
        (("googlenet.yaml", "--module", "inception", "-o", out), "did you mean Inception?"),
        (("googlenet.yaml", "--at", "incption4a", "-o", out), "did you mean inception4a?"),
        (("googlenet.yaml", "-o", f"{out}.jpg"), "use one of the suffixes .html, .svg, .png, .pdf"),
        (("googlenet.yaml", "-o", "-"), "use one of the suffixes .html"),
        (("googlenet.yaml", "--theme", "dark"), "--theme is only for pictures"),
        (("googlenet.yaml", "--each"), "--each needs -o DIR"),
        ((), "Missing argument"),
    ):
        result = run("report", *arguments)
        assert result.exit_code == 2 and words in result.output, result.output
    assert list(tmp_path.iterdir()) == []


def test_themes_and_parts(tmp_path: Path) -> None:
    texts = {}
    for theme in ("auto", "light", "dark"):
        out = tmp_path / f"{theme}.svg"
        line = ("report", "googlenet.yaml", "--at", "inception4a", "--theme", theme)
        assert run(*line, "-o", str(out)).exit_code == 0
        texts[theme] = out.read_text()
        assert style(theme).replace(">", "&gt;") in texts[theme]
    assert len(set(texts.values())) == 3
    assert "inception4a" in texts["dark"] and "inception4b" not in texts["dark"]


def test_no_torch_is_needed_and_missing_packages_are_named(tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    done = run_without(
        "torch,jinja2,numpy,vl_convert,pypdf", "report", "googlenet.yaml", "-o", str(out)
    )
    assert (done.returncode, done.stderr) == (0, "")
    lacking = run_without("vl_convert", "report", "googlenet.yaml", "-o", str(tmp_path / "x.png"))
    assert lacking.returncode == 2
    assert "pip install 'archc-compiler[pictures]'" in lacking.stderr
