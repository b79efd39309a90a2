"""Creates the pages to test: shipped specs, comparisons, hostile names, very long networks."""

from pathlib import Path
from typing import NamedTuple

from click.testing import CliRunner

from archc.cli import cli

ROOT = Path(__file__).parents[2]
SHIPPED = tuple(path.name for path in sorted((ROOT / "specs").glob("*.yaml")))
GOOD = tuple(str(path) for path in sorted((ROOT / "tests" / "specs" / "good").glob("*.yaml")))
COMPARED = ("googlenet.yaml", "googlenet_factorised.yaml")
VARIANTS = ("googlenet.yaml", "googlenet_bn.yaml", "googlenet_half.yaml")

SCRIPT = "</script><script>alert(1)</script>"
IMAGE = '"><img src=x onerror=alert(1)>'
OTHERS = "漢字の網 🧠👩‍👩‍👧 شبكة عصبية e\u0301\u0323\u0327 \u202eabc\u202c &amp; <b>"
WIDE = "W" * 40
HOSTILE = f"""\
archc: 1
name: {WIDE}
about: {SCRIPT + OTHERS!r}
paper: {{authors: {IMAGE!r}, title: {OTHERS!r}, year: 2014}}
input: 3x64x64
classes: 1000
modules:
  M{WIDE[1:]}:
    about: {IMAGE + SCRIPT!r}
    columns: ["#{"w W" * 13}", "#3x3 reduce"]
    Concat:
      m{WIDE[1:]}: {{Conv: 3x3, out: "#{"w W" * 13}", activation: ReLU}}
      b:
        Sequence:
          i{WIDE[1:]}: {{Conv: 1x1, out: "#3x3 reduce", norm: BatchNorm, activation: ReLU}}
          o: {{Conv: 7x7, out: "#3x3 reduce", groups: 8}}
      p: [{{MaxPool: 3x3/1 same}}, {{Conv: 1x1, out: 16}}]
  R:
    columns: [s]
    Residual:
      c: {{Conv: 3x3, out: 8}}
    scale: s
    activation: ReLU
  H: {{Sequence: {{pool: {{AvgPool: global}}, fc: {{Linear: classes}}}}}}
body:
  {WIDE}: {{Conv: 11x11/2, out: 8, norm: BatchNorm, activation: ReLU}}
  narrow: {{Repeat: 12, of: {{R: [0.1]}}}}
  i: {{M{WIDE[1:]}: [100000, 128]}}
  last: {{Conv: 1x1, out: 8}}
aux:
  a{WIDE[1:]}: {{Aux: H, from: last, loss_weight: 0.3}}
head:
  pool: {{AvgPool: global}}
  {"m" * 40}: {{Linear: classes}}
"""

_NINE = "".join(
    f"      c{i}: {{Conv: {1 + i % 2 * 2}x{1 + i % 2 * 2}, out: n}}\n" for i in range(9)
)
_LONG = """\
archc: 1
name: Long
input: 3x16x16
classes: 10
modules:
  Nine:
    columns: [n]
    Sequence:
{nine}body:
{rows}head:
  pool: {{AvgPool: global}}
  fc: {{Linear: classes}}
"""
LONG = {
    "alike": "".join(f"  row{i}: {{Nine: [8]}}\n" for i in range(556)),
    "repeated": "  row: {Repeat: 5000, of: {Conv: 3x3, out: 3}}\n",
    "different": "".join(f"  row{i}: {{Nine: [{8 + i % 7}]}}\n" for i in range(556)),
    # As many layers as a spec may contain, 4,000 keys and values, without modules to fold.
    "unfolded": "".join(f"  row{i}: [{'ReLU, Identity, ' * (32 + i)}ReLU]\n" for i in range(37)),
}


class Pages(NamedTuple):
    """Pages as the command line writes them; each is written once."""

    folder: Path

    def of(self, *specs: str) -> Path:
        """Return the page of shipped specs, or of files."""
        path = self.folder / f"{'-'.join(Path(spec).stem for spec in specs)}.html"
        if not path.exists():
            done = CliRunner().invoke(cli, ["report", *specs, "-o", str(path)])
            assert done.exit_code == 0, done.output
        return path

    def hostile(self) -> Path:
        """Return the page of a spec with the longest names and with texts that look like HTML."""
        return self._of_text("hostile", HOSTILE)

    def hostile_compared(self) -> Path:
        """Return the same spec's comparison with a network that differs in every row."""
        spec = self.folder / "other.yaml"
        spec.write_text(HOSTILE.replace("out: 8", "out: 16"), encoding="utf-8")
        self.hostile()
        return self.of(str(self.folder / "hostile.yaml"), str(spec))

    def long(self, name: str) -> Path:
        """Return the page of a network with thousands of layers, one of ``LONG``."""
        return self._of_text(name, _LONG.format(nine=_NINE, rows=LONG[name]))

    def _of_text(self, name: str, text: str) -> Path:
        spec = self.folder / f"{name}.yaml"
        spec.write_text(text, encoding="utf-8")
        return self.of(str(spec))
