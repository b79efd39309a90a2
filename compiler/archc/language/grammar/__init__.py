"""The grammar of layers: from nodes of YAML to layers, modules and auxiliary heads."""
