"""A report: one HTML file that shows networks, their tables and their costs, by itself.

What it says comes from analyses, verdicts and pictures; this package only sets it out, and for
notebooks pieces of it (``fragment``). Every text is put in as a value of an element tree, which
escapes it.
"""
