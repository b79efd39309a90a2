"""PyTorch as a runtime: the generated classes in its ways of running a module."""

import platform
import shutil
from importlib.util import find_spec

from archc.analysis import Analysis
from archc.diagnostics import Diagnostic
from archc.optimize import DEPLOY, MERGED, optimize
from archc.runtimes import Mode, Role, Session, Trial
from archc_backends.pytorch.backend import PyTorch
from archc_backends.pytorch.reference import LIBRARIES, make_reference

COMPILED = ", torch.compile"
GRAPH = ", CUDA graph"
LAST = ", channels_last"
HALF = {"cpu": "bfloat16", "cuda": "float16"}


class PyTorchRuntime:
    """The plain class, the same in channels_last, and the optimised one; each compiled, too."""

    def modes(self, analysis: Analysis, trial: Trial) -> tuple[Mode, ...]:
        """Those that this machine has the parts for, then the yardsticks."""
        if find_spec("torch") is None:
            return ()
        faster = "merged" if trial.train else "deploy"
        networks: list[tuple[str, Role]] = [
            ("plain", "written"),
            (f"plain{LAST}", "written"),
            (faster, "optimized"),
        ]
        ways = [""]
        if trial.device == "cuda" and not trial.train:
            ways.append(GRAPH)
        if trial.device == "cuda" or _compiler():
            ways.append(COMPILED)
        dtypes = ["float32", HALF[trial.device]] if trial.half else ["float32"]
        modes = [
            Mode(f"{name}{'' if dtype == 'float32' else f', {dtype}'}{way}", role, dtype)
            for dtype in dtypes
            for way in ways
            for name, role in networks
        ]
        products = [Mode(f"product of matrices, {dtype}", "flops", dtype) for dtype in dtypes]
        return (*modes, *products, Mode("copy", "bytes"))

    def start(self, analysis: Analysis, trial: Trial, mode: Mode) -> "Session | list[Diagnostic]":
        """The module with the trial's weights, or a yardstick."""
        from archc_backends.pytorch import sessions

        if mode.role in ("flops", "bytes"):
            return sessions.yardstick(trial, mode)
        network = analysis
        if mode.role == "optimized":
            network = optimize(analysis, MERGED if trial.train else DEPLOY).analysis
        if findings := PyTorch().check(network):
            return findings
        return sessions.session(analysis, trial, mode)


class ReferenceRuntime:
    """The model of a library that the spec names, in PyTorch's ways of running a module."""

    def modes(self, analysis: Analysis, trial: Trial) -> tuple[Mode, ...]:
        """At inference alone: in training a library's model tells no loss."""
        reference = analysis.network.reference
        if reference is None or trial.train or reference.library not in LIBRARIES:
            return ()
        if not all(map(find_spec, ("torch", reference.library))):
            return ()
        ways = ["", COMPILED] if trial.device == "cuda" or _compiler() else [""]
        return tuple(
            Mode(f"{reference.words}{layout}{way}", "reference")
            for way in ways
            for layout in ("", LAST)
        )

    def start(self, analysis: Analysis, trial: Trial, mode: Mode) -> "Session | list[Diagnostic]":
        """The library's model with the trial's weights, or why it is another network."""
        from archc_backends.pytorch import sessions

        model = make_reference(analysis)
        if isinstance(model, Diagnostic):
            return [model]
        return sessions.reference_session(model, analysis, trial, mode)


def _compiler() -> bool:
    """Whether torch.compile finds a compiler for the code that it makes for a CPU."""
    return platform.system() == "Linux" and any(map(shutil.which, ("g++", "clang++")))


runtime = PyTorchRuntime()
reference = ReferenceRuntime()
