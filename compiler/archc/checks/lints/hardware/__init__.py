"""Lints for speed on particular hardware: codes L3xx."""
