"""Two runs side by side: one format in each file, found by name: `NAME`, `render(comparison, held) -> str`."""
