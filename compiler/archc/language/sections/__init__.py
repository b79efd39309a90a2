"""The sections of a spec other than its layers, one file each."""
