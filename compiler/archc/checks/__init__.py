"""Check a network against its printed table, its budget, checkpoints and lints."""
