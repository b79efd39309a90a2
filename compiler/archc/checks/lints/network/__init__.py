"""Lints on what a network computes: codes L1xx."""
