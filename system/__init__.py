"""The reference payment platform: a stranger to the harness, started as processes ``python -m system.<role>``."""
