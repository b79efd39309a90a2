"""Commands to build and verify code and convert weights."""
