"""Specs at revisions in git: reading them, comparing them, their history."""
