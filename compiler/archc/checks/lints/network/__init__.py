"""Lints for what a network computes: codes L1xx."""
