"""The deployed GoogLeNet with batch normalisation beside the plain one, on the same weights.

    python benchmarks/deploy.py [--rounds N] [--batch N ...] [--compile] [--device D] [--json]

Everything runs in one process, in turn, round after round, for as long each; a ratio is taken
within a round. No ratio is printed of two that do not compute the same. ``--compile`` adds
torch.compile, with freezing on a CPU, which needs a C++ compiler there. Needs the extra `torch`.
"""

import argparse
import importlib.util
import json
import platform
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

ROOT = Path(__file__).parents[1]
MACS = 1_498_376_192
WARM_UP = 2
SHARE = 0.15  # seconds that a contender runs in a round, at least once
TOLERANCE = 1e-4
SIZE = {"cpu": 1024, "cuda": 8192}
Run = Callable[..., Tensor]


class Result(NamedTuple):
    """Milliseconds of one batch, how many times faster than the first row.

    ``share`` is that of the rate at which matrices are multiplied in the same rounds.
    """

    name: str
    batch: int
    median: float
    quartiles: tuple[float, float]
    ratio: float
    share: float
    error: float


def generated(stem: str) -> Any:
    """A committed generated file."""
    path = ROOT / "generated" / f"{stem}.py"
    spec = importlib.util.spec_from_file_location(f"benchmark_{stem}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def randomized(model: nn.Module) -> nn.Module:
    """Random weights and statistics, none at its default."""
    generator = torch.Generator().manual_seed(0)
    for name, value in model.state_dict().items():
        if name.endswith("running_var") or (value.dim() == 1 and name.endswith("weight")):
            value.uniform_(0.5, 1.5, generator=generator)
        elif value.dim() > 1:
            value.normal_(0, (2 / value[0].numel()) ** 0.5, generator=generator)
        elif value.is_floating_point():
            value.normal_(0, 0.1, generator=generator)
    return model


def contenders(batch: int, device: str, compiled: bool) -> dict[str, Run]:
    """What is measured, the plain model as it is first."""
    plain_file, deploy_file = generated("googlenet_bn"), generated("googlenet_bn_deploy")
    plain = randomized(plain_file.GoogLeNetBN(aux=False)).eval()
    deploy = deploy_file.GoogLeNetBNDeploy()
    deploy.load_state_dict(deploy_file.convert_state(plain.state_dict()))
    channels_last = plain_file.GoogLeNetBN(aux=False).eval()
    channels_last.load_state_dict(plain.state_dict())
    channels_last.to(memory_format=torch.channels_last)
    images = torch.randn(batch, 3, 224, 224, generator=torch.Generator().manual_seed(1)).to(device)
    last = images.contiguous(memory_format=torch.channels_last)
    models: dict[str, tuple[Any, Tensor]] = {
        "plain": (plain.to(device), images),
        "plain, channels_last": (channels_last.to(device), last),
        "deploy": (deploy.to(device), images),
    }
    runs: dict[str, Run] = {name: partial(model, x) for name, (model, x) in models.items()}
    if compiled:
        options: Any = {"freezing": True} if device == "cpu" else {}
        for name, (model, x) in models.items():
            runs[f"{name}, torch.compile"] = partial(torch.compile(model, options=options), x)
    return runs


def elapsed(run: Run, device: str) -> float:
    """Milliseconds of one run, the median of as many as fit into its share."""
    times: list[float] = []
    end = time.perf_counter() + SHARE
    while not times or time.perf_counter() < end:
        start = time.perf_counter()
        run()
        if device != "cpu":
            torch.cuda.synchronize()
        times.append((time.perf_counter() - start) * 1000)
    return median(times)


def product(device: str) -> Run:
    """A large product of matrices, which tells what the machine can do while it is measured."""
    a, b = torch.randn(2, SIZE[device], SIZE[device], device=device)
    return partial(torch.mm, a, b)


def measure(batch: int, rounds: int, device: str, compiled: bool) -> list[Result]:
    """Every contender in every round. Raises SystemExit where one computes something else."""
    runs = contenders(batch, device, compiled)
    wanted, *_ = (run() for run in runs.values())
    errors = {
        name: float((run() - wanted).abs().max() / wanted.abs().max()) for name, run in runs.items()
    }
    wrong = [f"{name} ({error:.1e})" for name, error in errors.items() if not error <= TOLERANCE]
    if wrong:
        sys.exit(f"not the same, so no ratios: {', '.join(wrong)} from the plain model")
    multiply = product(device)
    products: list[float] = []
    times: dict[str, list[float]] = {name: [] for name in runs}
    for number in range(WARM_UP + rounds):
        products.append(elapsed(multiply, device))
        for name, run in runs.items():
            one = elapsed(run, device)
            if number >= WARM_UP:
                times[name].append(one)
    base, products = times["plain"], products[WARM_UP:]
    matrix_flops = 2 * SIZE[device] ** 3
    results = []
    for name, found in times.items():
        ordered = sorted(found)
        quartiles = ordered[len(ordered) // 4], ordered[3 * len(ordered) // 4]
        ratio = median(a / b for a, b in zip(base, found, strict=True))
        flops = 2 * MACS * batch
        share = median(
            flops / one / (matrix_flops / two) for one, two in zip(found, products, strict=True)
        )
        results.append(Result(name, batch, median(found), quartiles, ratio, share, errors[name]))
    return results


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--device", choices=tuple(SIZE), default="cpu")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    torch.set_grad_enabled(False)
    torch.set_float32_matmul_precision("highest")
    torch.backends.cudnn.allow_tf32 = False
    results = [
        result
        for batch in arguments.batch
        for result in measure(batch, arguments.rounds, arguments.device, arguments.compile)
    ]
    if arguments.json:
        print(json.dumps([result._asdict() for result in results], indent=2))
        return
    where = platform.machine()
    if arguments.device != "cpu":
        where = torch.cuda.get_device_name()
    print(
        f"{arguments.rounds} rounds, interleaved; {where}, {torch.get_num_threads()} threads, "
        f"torch {torch.__version__}, float32"
    )
    print("share: of the rate at which large matrices are multiplied\n")
    print(f"{'batch':>5}  {'':36}{'ms':>8}  {'quartiles':>15}{'ratio':>8}{'share':>7}{'error':>10}")
    for name, batch, middle, (low, high), ratio, share, error in results:
        print(
            f"{batch:>5}  {name:36}{middle:>8.2f}  {f'{low:.2f} - {high:.2f}':>15}"
            f"{ratio:>7.2f}x{share:>7.0%}{error:>10.1e}"
        )


if __name__ == "__main__":
    main()
