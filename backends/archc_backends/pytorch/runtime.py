"""PyTorch as a runtime: the generated classes in its ways of running a module."""

from importlib.util import find_spec

from archc.analyses import Analysis
from archc.bench.runtimes import Mode, Role, Session, Workload
from archc.diagnostics import Diagnostic, SpecError
from archc_backends.pytorch.run.modes import LAST, find_ways
from archc_backends.pytorch.run.reference import LIBRARIES, make_reference

HALF = {"cpu": "bfloat16", "cuda": "float16"}


class PyTorchRuntime:
    """The plain class, the same in channels_last, and the optimised one; each compiled, too."""

    def modes(self, analysis: Analysis, workload: Workload) -> tuple[Mode, ...]:
        """Those that this machine has the parts for, then the microbenchmarks."""
        if find_spec("torch") is None:
            return ()
        faster = "merged" if workload.train else "deploy"
        networks: list[tuple[str, Role, tuple[str, ...]]] = [
            ("plain", "written", ()),
            ("plain", "written", (LAST,)),
            (faster, "optimized", ()),
        ]
        dtypes = ["float32", HALF[workload.device]] if workload.half else ["float32"]
        modes = [
            _mode(name, role, dtype, (*layout, *way))
            for dtype in dtypes
            for way in find_ways(workload)
            for name, role, layout in networks
        ]
        products = [Mode(f"product of matrices, {dtype}", "flops", dtype) for dtype in dtypes]
        return (*modes, *products, Mode("copy", "bytes"))

    def start(
        self, analysis: Analysis, workload: Workload, mode: Mode
    ) -> "Session | list[Diagnostic]":
        """The module with the workload's weights, or a microbenchmark."""
        from archc_backends.pytorch.run import sessions

        if mode.role in ("flops", "bytes"):
            return sessions.microbenchmark(workload, mode)
        try:
            return sessions.session(analysis, workload, mode)
        except SpecError as error:
            return list(error.diagnostics)


class ReferenceRuntime:
    """The model of a library that the spec names, in PyTorch's ways of running a module."""

    def modes(self, analysis: Analysis, workload: Workload) -> tuple[Mode, ...]:
        """At inference alone: in training a library's model tells no loss."""
        reference = analysis.network.reference
        if reference is None or workload.train or reference.library not in LIBRARIES:
            return ()
        if not all(map(find_spec, ("torch", reference.library))):
            return ()
        return tuple(
            _mode(reference.words, "reference", "float32", (*layout, *way))
            for way in find_ways(workload)
            for layout in ((), (LAST,))
        )

    def start(
        self, analysis: Analysis, workload: Workload, mode: Mode
    ) -> "Session | list[Diagnostic]":
        """The library's model with the workload's weights, or why it is another network."""
        from archc_backends.pytorch.run import sessions

        model = make_reference(analysis)
        if isinstance(model, Diagnostic):
            return [model]
        return sessions.module_session(sessions.loaded(model, analysis), analysis, workload, mode)


def _mode(name: str, role: Role, dtype: str, ways: tuple[str, ...]) -> Mode:
    half = () if dtype == "float32" else (dtype,)
    return Mode(", ".join((name, *half, *ways)), role, dtype, ways)


runtime = PyTorchRuntime()
reference = ReferenceRuntime()
