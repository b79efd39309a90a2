"""Names, stamps and safe writing of generated files."""
