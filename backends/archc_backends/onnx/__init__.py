"""The ONNX backend: the network at inference, made from the IR without torch."""

from archc_backends.onnx.backend import ONNX

backend = ONNX()
