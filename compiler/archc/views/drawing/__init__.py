"""Pictures of networks: lay out nodes as blocks with known sizes, then write the blocks as SVG.

The IR is a tree, so layout needs no search: the size of a block follows from its content, and its
parent places it. The widths of texts are upper bounds, because the reader's font is not known.
"""
