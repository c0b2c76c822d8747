"""The decisions of the payment core, each a pure function: no clock, no I/O, so that each can be read as a table."""
