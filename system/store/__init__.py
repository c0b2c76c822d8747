"""Everything that speaks to PostgreSQL: one module for each of the three transactions, one for reads."""
