"""Diagnostics: what archc reports about a spec or a file."""

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
from archc.diagnostics.suggestions import closest_match as closest_match
from archc.diagnostics.suggestions import did_you_mean as did_you_mean
from archc.diagnostics.suggestions import is_typo as is_typo
from archc.diagnostics.suggestions import normalize as normalize
from archc.diagnostics.suggestions import suggest_keyword as suggest_keyword
from archc.diagnostics.suggestions import suggest_name as suggest_name
from archc.diagnostics.suggestions import suggest_number as suggest_number
