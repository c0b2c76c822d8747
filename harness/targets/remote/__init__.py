"""The remote target: a payment system that is not ours and that we did not start, seen through an adapter."""
