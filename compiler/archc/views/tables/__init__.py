"""Tables and records of networks, comparisons and histories.

- The *printed table* is the paper's. It is in the spec, and checks/ compares it with the analysis.
- A *table* (``table.py``) has rows and columns for people: as text, Markdown, LaTeX or HTML.
- A *record* is a flat dict with exact values for other tools: one line of CSV, one row of a pandas
  DataFrame.
"""
