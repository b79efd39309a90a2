"""Runs the stages: compile, check, fix, optimize and build specs, compare revisions."""
