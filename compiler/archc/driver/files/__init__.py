"""Generated files: their names, their stamps, and writing them safely."""
