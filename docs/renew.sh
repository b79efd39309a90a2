#!/usr/bin/env bash
# Renews every file that archc makes from its own code and specs: bash docs/renew.sh, with the python of
# .venv first on the PATH. Then read git diff. Expected outputs of tests are renewed by
# pytest --update-expected.
set -euo pipefail
cd "$(dirname "$0")/.."

python docs/reference.py docs/*.md
python docs/manual.py docs/man/archc.1
archc schema >docs/archc.schema.json
bash docs/pictures.sh
archc build
archc build --optimize googlenet_bn.yaml
(cd examples/serving && archc build --out . shapes.yaml)
