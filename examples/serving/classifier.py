"""An ONNX model of archc's as a classifier of image files: loaded once, asked from any thread."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnxruntime
from images import decode, prepare
from numpy.typing import NDArray


class Unusable(Exception):
    """A model or labels that cannot be used; the message says why, in one line."""


class Answer(NamedTuple):
    """One of the labels, and how probable it is."""

    label: str
    probability: float


class Classifier:
    """The model at ``path``, and the name of each of its classes.

    Raises ``Unusable`` where the model is not as archc builds it for images, or the labels are not
    one for each class.
    """

    def __init__(self, path: Path, labels: Sequence[str] | None = None, threads: int = 1) -> None:
        self._session = _session(path, threads)
        self.trained = self._session.get_modelmeta().custom_metadata_map.get("weights") == "given"
        """Whether archc says that a checkpoint was put into the model."""
        outputs = {output.name: output.shape for output in self._session.get_outputs()}
        inputs = [(node.name, node.type, node.shape) for node in self._session.get_inputs()]
        match inputs, outputs.get("logits"):
            case [(name, "tensor(float)", [_, 3, int(height), int(width)])], [_, int(classes)]:
                self._input, self._height, self._width = name, height, width
            case _:
                raise Unusable(f"{path}: not one input of float32 images, and logits, as archc's")
        self._output = "probabilities" if "probabilities" in outputs else "logits"
        self.labels = tuple(map(str, range(classes)) if labels is None else labels)
        if len(self.labels) != classes:
            raise Unusable(f"{len(self.labels)} labels for the {classes} classes of {path}")

    def probabilities(self, content: bytes) -> NDArray[np.float32]:
        """Of each class, for an image file's bytes. Raises ``BadImage``."""
        images = prepare(decode(content), self._height, self._width)[np.newaxis]
        values: NDArray[np.float32] = self._session.run([self._output], {self._input: images})[0][0]
        return values if self._output == "probabilities" else softmax(values)

    def answers(self, content: bytes, top: int) -> list[Answer]:
        """The ``top`` most probable labels of an image file's bytes, the first one first."""
        values = self.probabilities(content)
        order = np.argsort(-values, kind="stable")[:top]
        return [Answer(self.labels[k], float(values[k])) for k in order]


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Probabilities; the largest logit is taken off first, so that no exponential overflows."""
    exponentials: NDArray[np.float32] = np.exp(logits - logits.max())
    probabilities: NDArray[np.float32] = exponentials / exponentials.sum()
    return probabilities


def read_labels(path: Path) -> list[str]:
    """One label a line. Raises ``Unusable``."""
    try:
        return path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Unusable(f"{path}: no labels: {reason(error)}") from error


def reason(error: Exception) -> str:
    """Why, in one line."""
    text = error.strerror if isinstance(error, OSError) else None
    return text or str(error).partition("\n")[0] or type(error).__name__


def _session(path: Path, threads: int) -> onnxruntime.InferenceSession:
    """``run`` of a session may be called from several threads at once."""
    if not path.is_file():
        raise Unusable(f"{path}: no such model")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads  # with 1, a call computes on the thread that makes it
    try:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # of many types, none of them public
        raise Unusable(f"{path}: no model that can be run: {reason(error)}") from error
