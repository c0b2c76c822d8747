"""The payment core: one operation through its attempts, and the policies that decide what answers mean."""
