"""The network as a frozen tree (the IR), and the transforms from one tree to another."""
