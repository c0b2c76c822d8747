"""Circuit breakers for each (gateway, operation class), shared by all processes through one versioned row."""
