"""ONNX: the network as it is at inference, from the IR and without torch."""

from archc_backends.onnx.backend import ONNX

backend = ONNX()
