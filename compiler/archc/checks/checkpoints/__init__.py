"""Another model's checkpoint checked against the network's state."""
