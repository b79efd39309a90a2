"""Commands to check specs and compare them."""
