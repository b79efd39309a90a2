"""Commands to design a network."""
