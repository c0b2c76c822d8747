"""Draws a run's report: text, JUnit, Markdown and one HTML page. Nothing here decides anything.

Every module of `reports.formats` is one format: `NAME`, `FILENAME` and `render(report, evidence) -> str`. The engine
finds them by looking; `docs/adding-a-report-format.md` shows how to add one.
"""
