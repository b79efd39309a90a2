"""Measuring: each way of running a network in a process of its own, all of them in turn."""
