"""Read YAML files, compose nodes with places, explain syntax errors."""
