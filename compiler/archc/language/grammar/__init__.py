"""Layers as written: kinds, modules and their rows of cells, auxiliary heads."""
