"""What a game day costs, and how quick its stop is."""
