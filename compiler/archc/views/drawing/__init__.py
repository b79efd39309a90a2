"""A network as a picture: nodes to blocks that know their sizes, blocks to SVG.

The IR is a tree, so nothing is searched for: a block is as large as what is in it, and stands where
the block around it puts it. Only the room that text takes has to be guessed, and is from above.
"""
