"""Output formats of ``archc check`` for other tools; each file has a ``write``."""

from archc.diagnostics import Diagnostic


def full_message(diagnostic: Diagnostic) -> str:
    """Return the message, notes and hint of a diagnostic, one per line."""
    hints = [str(diagnostic.hint)] if diagnostic.hint else []
    return "\n".join((diagnostic.message, *diagnostic.notes, *hints))
