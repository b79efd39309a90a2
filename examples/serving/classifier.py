"""Classifies image files with an ONNX model that archc built; safe to call from several threads."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnxruntime
from images import decode, prepare
from numpy.typing import NDArray


class Unusable(Exception):
    """Raised for an unusable model or label file; the message is one line."""


class Answer(NamedTuple):
    """A label and its probability."""

    label: str
    probability: float


class Classifier:
    """Holds the model at ``path`` and the labels of its classes.

    Raises ``Unusable`` if the model is not one that archc builds for images, or if the number of
    labels is not the number of classes.
    """

    def __init__(self, path: Path, labels: Sequence[str] | None = None, threads: int = 1) -> None:
        self._session = _session(path, threads)
        self.trained = self._session.get_modelmeta().custom_metadata_map.get("weights") == "given"
        """Whether the model's metadata state that it holds the weights of a checkpoint."""
        outputs = {output.name: output.shape for output in self._session.get_outputs()}
        inputs = [(node.name, node.type, node.shape) for node in self._session.get_inputs()]
        match inputs, outputs.get("logits"):
            case [(name, "tensor(float)", [_, 3, int(height), int(width)])], [_, int(classes)]:
                self._input, self._height, self._width = name, height, width
            case _:
                raise Unusable(f"{path}: expected one input of float32 images and an output logits")
        self._output = "probabilities" if "probabilities" in outputs else "logits"
        self.labels = tuple(map(str, range(classes)) if labels is None else labels)
        if len(self.labels) != classes:
            raise Unusable(f"{len(self.labels)} labels for {classes} classes of {path}")

    def probabilities(self, content: bytes) -> NDArray[np.float32]:
        """Return each class's probability for the bytes of an image file. Raises ``BadImage``."""
        images = prepare(decode(content), self._height, self._width)[np.newaxis]
        values: NDArray[np.float32] = self._session.run([self._output], {self._input: images})[0][0]
        return values if self._output == "probabilities" else softmax(values)

    def answers(self, content: bytes, top: int) -> list[Answer]:
        """Return the ``top`` most probable labels for an image file's bytes, best first."""
        values = self.probabilities(content)
        order = np.argsort(-values, kind="stable")[:top]
        return [Answer(self.labels[k], float(values[k])) for k in order]


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return probabilities. Subtracting the largest logit prevents overflow."""
    exponentials: NDArray[np.float32] = np.exp(logits - logits.max())
    probabilities: NDArray[np.float32] = exponentials / exponentials.sum()
    return probabilities


def read_labels(path: Path) -> list[str]:
    """Read one label per line. Raises ``Unusable``."""
    try:
        return path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Unusable(f"{path}: cannot read labels: {reason(error)}") from error


def reason(error: Exception) -> str:
    """Return the error's message in one line."""
    text = error.strerror if isinstance(error, OSError) else None
    return text or str(error).partition("\n")[0] or type(error).__name__


def _session(path: Path, threads: int) -> onnxruntime.InferenceSession:
    """Load the model. Several threads may call ``run`` of the session at once."""
    if not path.is_file():
        raise Unusable(f"model not found: {path}")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads  # with 1, each call runs on its caller's thread
    try:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime raises many types, none of them public
        raise Unusable(f"{path}: cannot load the model: {reason(error)}") from error
