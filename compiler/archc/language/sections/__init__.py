"""The sections of a spec that hold no layers, one file each."""
