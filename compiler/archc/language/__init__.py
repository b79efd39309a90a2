"""The language of specs: from the text of a YAML file to the IR."""
