"""One report format in each file, found by name: `NAME`, `FILENAME`, `render(report, evidence) -> str`."""
