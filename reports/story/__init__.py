"""One payment's own story: who did what, when, told by everyone who kept a record of it."""
