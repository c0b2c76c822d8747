"""Fault kinds, one in each file. Each module defines ``KIND``; the fault plan finds it by being here."""
