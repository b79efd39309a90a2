"""The commands: a folder for each group of the help, a file for each command.

The file has the name of the command and defines it as ``command``.
"""
