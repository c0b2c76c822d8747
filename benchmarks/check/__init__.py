"""How long judging takes, and how it grows."""
