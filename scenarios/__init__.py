"""One claim in each file, readable as prose. `docs/adding-a-scenario.md` shows how to add one."""
