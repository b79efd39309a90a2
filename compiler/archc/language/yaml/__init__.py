"""YAML text with places: reading files, composing nodes, explaining syntax errors."""
