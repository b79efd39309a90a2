"""Lints for how a spec is written: codes L2xx."""
