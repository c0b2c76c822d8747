"""Measurements and long runs. Each prints ratios, both sides in one run; none is a timed test."""
