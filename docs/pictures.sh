#!/usr/bin/env bash
# Renders the pictures of the documentation: bash docs/pictures.sh, with archc on the PATH. With --check
# it writes nothing and fails if a picture is stale; the tests run it this way.
set -euo pipefail
cd "$(dirname "$0")/.."

archc report specs/*.yaml --each --format svg -o docs/pictures "$@"
archc report googlenet.yaml --module Inception -o docs/pictures/module.svg "$@"
archc report googlenet_bn.yaml googlenet_bn_5x5.yaml -o docs/pictures/comparison.svg "$@"
python docs/overview.py docs/pictures/overview.svg "$@"
