"""Edits of a spec's YAML nodes before it is checked: extends, parameters, settings."""
