"""Results as tables and records: for people, Markdown, LaTeX, CSV and JSON."""
