"""What a network is checked against: printed table, budget, checkpoints, lints."""
