"""Backups of the database in the store of another region: encrypted, thinned out with age, and proven by restoring.

`sealing` encrypts a file, `store` keeps sealed files, `retention` says which backups stay, `archiving` brings the log
over while it is written, `taking` makes base backups, `restoring` brings one back to a moment, `testing` proves that.
"""
