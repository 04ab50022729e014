"""Rewrites of a graph, one a file: each takes a valid graph and leaves a valid one."""
