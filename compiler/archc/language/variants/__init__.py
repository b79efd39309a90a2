"""Variants on the level of nodes: extends, removals, parameters, settings."""
