"""Commands to run networks."""
