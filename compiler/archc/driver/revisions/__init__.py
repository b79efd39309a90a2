"""Read, compare and list specs at revisions in git."""
