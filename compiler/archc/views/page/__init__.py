"""The page of ``archc report``: one self-contained HTML file about one or several networks.

It lays out analyses, verdicts and pictures; ``fragment`` lays out parts of them for notebooks. All
texts are values of an element tree, which escapes them.
"""
