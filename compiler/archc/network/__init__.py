"""The network as a frozen tree (the IR), and transforms from one tree to another."""
