"""Transforms, one file each: return a new tree and leave the old one unchanged."""
