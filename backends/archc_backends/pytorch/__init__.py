"""PyTorch: one standalone module a network, readable as if written by hand."""

from archc_backends.pytorch.backend import PyTorch

backend = PyTorch()
