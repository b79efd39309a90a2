"""``python -m fuzz.seeds FOLDER`` writes generated and shipped specs as seeds for guided.py."""

import sys
from pathlib import Path
from random import Random

from fuzz.generate import random_spec
from fuzz.text import write

SPECS = Path(__file__).parents[2] / "specs"

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(200):
        text = write(random_spec(Random(number)))
        (folder / f"generated{number}.yaml").write_text(text, encoding="utf-8")
    for spec in SPECS.glob("*.yaml"):
        (folder / spec.name).write_bytes(spec.read_bytes())
