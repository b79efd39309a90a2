"""IR → IR. One file each; a transform returns a new tree and leaves the old one as it was."""
