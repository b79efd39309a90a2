"""Run the stages: compile, check, fix, optimise and build specs, compare revisions."""
