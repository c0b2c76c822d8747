"""The engine: plans a run, breaks things, heals them, and judges what happened to the money."""
