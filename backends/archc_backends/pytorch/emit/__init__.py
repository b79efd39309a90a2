"""From the analysis to the text of a generated file."""
