"""What ``archc check`` prints for tools; one file each, ``write`` gives the whole document."""
