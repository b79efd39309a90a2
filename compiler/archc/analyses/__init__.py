"""Analyses of a network, one file each, and the class Analysis, which holds all results."""

from archc.analyses.analysis import Analysis as Analysis
from archc.analyses.analysis import LayerAnalysis as LayerAnalysis
from archc.analyses.analysis import RowAnalysis as RowAnalysis
from archc.analyses.analysis import analyze as analyze
