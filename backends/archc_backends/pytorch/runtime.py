"""PyTorch as a runtime of ``archc bench``: generated classes, and models of other libraries."""

from importlib.util import find_spec

from archc.analyses import Analysis
from archc.bench.runtimes import Mode, Role, Session, Workload
from archc.diagnostics import Diagnostic, SpecError
from archc_backends.pytorch.backend import PyTorch
from archc_backends.pytorch.run.modes import CHANNELS_LAST, execution_options
from archc_backends.pytorch.run.reference import LIBRARIES, make_reference

HALF = {"cpu": "bfloat16", "cuda": "float16"}


class PyTorchRuntime:
    """The plain class, also in channels_last, and the optimised one; each eager and compiled."""

    def modes(self, analysis: Analysis, workload: Workload) -> tuple[Mode, ...]:
        """Return the modes that can run on this machine, then the microbenchmarks."""
        if find_spec("torch") is None:
            return ()
        faster = "merged" if workload.train else "deploy"
        networks: list[tuple[str, Role, tuple[str, ...]]] = [
            ("plain", "written", ()),
            ("plain", "written", (CHANNELS_LAST,)),
            (faster, "optimized", ()),
        ]
        dtypes = ["float32", HALF[workload.device]] if workload.half else ["float32"]
        modes = [
            _mode(name, role, dtype, (*layout, *options))
            for dtype in dtypes
            for options in execution_options(workload)
            for name, role, layout in networks
        ]
        products = [Mode(f"product of matrices, {dtype}", "flops", dtype) for dtype in dtypes]
        return (*modes, *products, Mode("copy", "bytes"))

    def start(
        self, analysis: Analysis, workload: Workload, mode: Mode
    ) -> "Session | list[Diagnostic]":
        """Start a session of the module with the workload's weights, or of a microbenchmark."""
        from archc_backends.pytorch.run import sessions

        if mode.role in ("flops", "bytes"):
            return sessions.microbenchmark(workload, mode)
        try:
            return sessions.start_generated(analysis, workload, mode, PyTorch())
        except SpecError as error:
            return list(error.diagnostics)


class ReferenceRuntime:
    """The library's model that the spec names as its reference."""

    def modes(self, analysis: Analysis, workload: Workload) -> tuple[Mode, ...]:
        """Return inference modes only: the models of libraries compute no loss."""
        reference = analysis.network.reference
        if reference is None or workload.train or reference.library not in LIBRARIES:
            return ()
        if not all(map(find_spec, ("torch", reference.library))):
            return ()
        return tuple(
            _mode(reference.title, "reference", "float32", (*layout, *options))
            for options in execution_options(workload)
            for layout in ((), (CHANNELS_LAST,))
        )

    def start(
        self, analysis: Analysis, workload: Workload, mode: Mode
    ) -> "Session | list[Diagnostic]":
        """Start a session of the library's model with the workload's weights."""
        from archc_backends.pytorch.run import sessions

        model = make_reference(analysis)
        if isinstance(model, Diagnostic):
            return [model]
        return sessions.start_module(
            sessions.load_weights(model, analysis), analysis, workload, mode
        )


def _mode(name: str, role: Role, dtype: str, options: tuple[str, ...]) -> Mode:
    half = () if dtype == "float32" else (dtype,)
    return Mode(", ".join((name, *half, *options)), role, dtype, options)


runtime = PyTorchRuntime()
reference = ReferenceRuntime()
