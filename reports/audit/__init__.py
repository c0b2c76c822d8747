"""What an auditor reads first: objectives, what was measured, gaps, who did what when, and lines to sign.

Every module is one page: `FILENAME` and `render(report, evidence, done) -> str`. They decide nothing, and hang on the
run's own files alone: the same folder gives the same page.
"""
