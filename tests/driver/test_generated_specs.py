"""Tests ``archc verify`` on random networks, and the style of their generated code.

test_fuzz.py tests many more of them, and what their code computes.
"""

import hashlib
from pathlib import Path

import pytest
import torch
from generated_code import assert_formatted, assert_linted, assert_typed, run
from hypothesis import HealthCheck, Phase, given, settings
from strategies import specs

import archc
from archc.analyses import Analysis
from archc_backends.pytorch.run.probe import observe
from archc_backends.pytorch.run.verify import differences, probe_arguments

torch.set_num_threads(1)  # the networks are so small that more threads would only wait

EXAMPLES = 200
COLLECTED = 40

repeatable = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def compiled(text: str, folder: Path) -> tuple[Analysis, bytes]:
    """Return the analysis of a spec's text, and its generated code."""
    spec = folder / "net.yaml"
    spec.write_text(text)
    network = archc.load(spec)
    analysis = archc.analyze(network)
    return analysis, archc.emit(network, analysis)["net.py"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("networks")


@repeatable
@given(text=specs())
def test_torch_agrees_with_the_analysis(folder: Path, text: str) -> None:
    analysis, source = compiled(text, folder)
    file = folder / "net.py"
    file.write_bytes(source)
    observed = observe(*probe_arguments(analysis, file))
    assert list(differences(analysis, observed)) == []


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of specs with their generated code."""
    folder = tmp_path_factory.mktemp("collected")
    texts: set[str] = set()

    @settings(repeatable, phases=[Phase.generate])
    @given(text=specs())
    def collect(text: str) -> None:
        texts.add(text)

    collect()
    longest = sorted(texts, key=lambda text: (len(text), text))[-COLLECTED:]
    assert len(longest) == COLLECTED
    for i, text in enumerate(longest):
        _, source = compiled(text, folder)
        (folder / "net.yaml").rename(folder / f"net{i}.yaml")
        (folder / f"net{i}.py").write_bytes(source)
    return folder


def test_generated_code_is_laid_out_as_the_formatter_does_it(collected: Path) -> None:
    assert_formatted(collected)


def test_generated_code_is_clean_under_the_linter(collected: Path) -> None:
    assert_linted(collected)


@pytest.mark.slow
def test_generated_code_is_typed_strictly(collected: Path) -> None:
    assert_typed(collected, "generated")


_DIGESTS = """
import hashlib, pathlib, sys
import archc
for spec in sorted(pathlib.Path(sys.argv[1]).glob("*.yaml")):
    (source,) = archc.emit(archc.load(spec)).values()
    print(spec.stem, hashlib.sha256(source).hexdigest())
"""


def test_emitting_depends_on_nothing_but_the_spec(collected: Path) -> None:
    first, second = (
        run("-c", _DIGESTS, str(collected), PYTHONHASHSEED=seed).split() for seed in ("1", "2")
    )
    assert first == second
    emitted = {
        file.stem: hashlib.sha256(file.read_bytes()).hexdigest() for file in collected.glob("*.py")
    }
    assert dict(zip(first[::2], first[1::2], strict=True)) == emitted
