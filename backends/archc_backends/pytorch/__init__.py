"""The PyTorch backend: one standalone Python file for each network, readable as if hand-written."""

from archc_backends.pytorch.backend import PyTorch

backend = PyTorch()
