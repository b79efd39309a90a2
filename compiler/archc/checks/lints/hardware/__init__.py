"""Lints on what hardware runs well: codes L3xx."""
