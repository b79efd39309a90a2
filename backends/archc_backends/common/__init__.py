"""Code that several backends share. Backends do not import each other."""
