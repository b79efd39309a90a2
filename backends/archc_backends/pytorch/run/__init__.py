"""Runs generated classes under torch: verifies them, loads weights, measures them."""
