"""Reads, compares and lists specs at revisions in git."""
