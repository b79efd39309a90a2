"""Compares a spec's ONNX models in eight bits, quantized after training, with those in float32.

    python benchmarks/int8.py [SPEC] [--rounds N] [--batch N ...]

Weights are the random ones of `archc bench`, which say nothing about accuracy. Activations are
calibrated on other random images than those on which outputs are compared. All models take turns in
ONNX Runtime, in one process. Needs the extra `bench`, and sympy, which torch installs.
"""

import argparse
import tempfile
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import onnxruntime
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

import archc
from archc.bench.runtimes import Mode
from archc_backends.common.workload import Passes
from archc_backends.onnx.runtimes import NETWORKS, emitted

WARM_UP = 2
SHARE = 0.15  # seconds for each model in a round; it runs at least once
CALIBRATED, COMPARED, AT_ONCE = 4, 8, 8  # batches, batches, images in a batch


class Random(CalibrationDataReader):  # type: ignore[misc]
    """Yields batches of images for the calibration."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._batches = iter([batch(shape, seed) for seed in range(CALIBRATED)])

    def get_next(self) -> dict[str, Any] | None:
        """Return the next batch, or None at the end."""
        return next(self._batches, None)


def batch(shape: tuple[int, ...], seed: int, images: int = AT_ONCE) -> dict[str, Any]:
    """Return random images."""
    numbers = np.random.RandomState(seed).standard_normal((images, *shape))
    return {"images": numbers.astype(np.float32)}


def session(model: bytes) -> Any:
    """Load the model."""
    return onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])


def quantized(model: bytes, shape: tuple[int, ...]) -> bytes:
    """Quantize the model to eight bits: weights per channel, activations by calibration."""
    with tempfile.TemporaryDirectory() as folder:
        given, prepared, made = (Path(folder, name) for name in ("a.onnx", "b.onnx", "c.onnx"))
        given.write_bytes(model)
        quant_pre_process(str(given), str(prepared))
        quantize_static(
            str(prepared),
            str(made),
            Random(shape),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
        return made.read_bytes()


def outputs(model: Any, shape: tuple[int, ...]) -> Any:
    """Return the logits of images that were not used for calibration."""
    seeds = range(CALIBRATED, CALIBRATED + COMPARED)
    return np.concatenate([model.run(["logits"], batch(shape, seed))[0] for seed in seeds])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("spec", nargs="?", default="googlenet_bn.yaml")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 8])
    arguments = parser.parse_args()
    analysis = archc.analyze(archc.load(arguments.spec))
    shape = analysis.network.input
    models: dict[str, Any] = {}
    for name, role in NETWORKS:
        content = emitted(analysis, Mode(name, role))
        assert isinstance(content, bytes)
        models[name] = session(content)
        models[f"{name}, int8"] = session(quantized(content, shape))
    wanted = outputs(models["plain"], shape)
    print(f"{arguments.rounds} rounds, interleaved; {analysis.network.name}, ONNX Runtime")
    print(f"difference: the largest of {len(wanted)} images, as a part of the largest logit\n")
    print(f"{'batch':>5}  {'':14}{'ms':>8}{'ratio':>8}{'difference':>12}")
    for images in arguments.batch:
        given = batch(shape, 0, images)
        times: dict[str, list[float]] = {name: [] for name in models}
        for number in range(WARM_UP + arguments.rounds):
            for name, model in models.items():
                passes = Passes(partial(model.run, ["logits"], given), list)
                passes.time(0)
                one = median(passes.time(SHARE))
                if number >= WARM_UP:
                    times[name].append(1000 * one)
        for name, found in times.items():
            ratio = median(a / b for a, b in zip(times["plain"], found, strict=True))
            got = outputs(models[name], shape)
            apart = np.abs(got - wanted).max() / np.abs(wanted).max()
            print(f"{images:>5}  {name:14}{median(found):>8.2f}{ratio:>7.2f}x{apart:>12.1e}")


if __name__ == "__main__":
    main()
