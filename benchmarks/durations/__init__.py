"""How long the scenarios take, beside an earlier revision."""
