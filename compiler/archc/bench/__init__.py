"""``archc bench``: each mode of running a network in its own process, measured in turn."""
