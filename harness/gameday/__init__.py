"""A game day: people around one page break a running platform on purpose, and leave with what happened to the money."""
