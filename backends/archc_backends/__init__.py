"""archc's own backends, one folder each; they are found by their entry points."""
