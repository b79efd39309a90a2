"""Diagnostics: what archc reports about a spec or a file, with its place, code and hint."""

from archc.diagnostics.diagnostic import Code as Code
from archc.diagnostics.diagnostic import Diagnostic as Diagnostic
from archc.diagnostics.diagnostic import Hint as Hint
from archc.diagnostics.diagnostic import Label as Label
from archc.diagnostics.diagnostic import Replacement as Replacement
from archc.diagnostics.diagnostic import Severity as Severity
from archc.diagnostics.diagnostic import in_file_order as in_file_order
from archc.diagnostics.rendering import SpecError as SpecError
from archc.diagnostics.rendering import abridge as abridge
from archc.diagnostics.rendering import render as render
from archc.diagnostics.suggestions import closest as closest
from archc.diagnostics.suggestions import fold as fold
from archc.diagnostics.suggestions import guess as guess
from archc.diagnostics.suggestions import is_mistake as is_mistake
from archc.diagnostics.suggestions import meaning as meaning
from archc.diagnostics.suggestions import suggestion as suggestion
