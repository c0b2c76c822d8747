"""Planted bugs: each one file that replaces one seam of the sound system when `PAY_BUG` names it at start.

A file `bNN_<name>.py` holds `BUG` (its description) and `plant(seams, reached) -> seams`. Nothing lists the files:
`catalogue` reads the folder. `python -m system.bugs` prints the catalogue as JSON, and `catalogue.json` keeps a copy
for readers that do not run Python. `reached` is called each time that the bug does what the sound system would not.
"""
