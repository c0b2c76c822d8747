"""Reconciliation: the gateways' own transaction feeds beside our attempts and postings, until the books agree.

`comparing` finds breaks and `deciding` says what to do about each; both are pure. `attempts` reads our side, `findings`
keeps runs and breaks, `repairing` carries repairs out, and `reconciler` has the control flow.
"""
