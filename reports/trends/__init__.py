"""Figures over time: one format in each file, found by name: `NAME`, `render(groups) -> str`."""
