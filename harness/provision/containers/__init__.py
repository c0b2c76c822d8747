"""Containers on a Docker engine: which are ours, how they are found, and how they are removed."""
