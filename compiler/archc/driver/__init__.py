"""Runs the stages: compiles, checks, fixes, optimises and builds specs, compares revisions."""
