"""The specs of ``tests/specs/bad``, each with one kind of error."""

from pathlib import Path

FOLDER = Path(__file__).parents[1] / "specs" / "bad"
SPECS = sorted(FOLDER.glob("*.yaml"))  # the specs that they extend are in a subfolder
