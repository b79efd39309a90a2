"""Generated classes under torch: verified, given weights, measured."""
