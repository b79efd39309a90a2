"""Check checkpoints of other models against the network's state."""
