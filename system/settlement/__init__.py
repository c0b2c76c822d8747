"""Settlement: what merchants are owed becomes batches, batches become payouts, and payouts go to the bank in files."""
