"""The nouns every other part speaks in. Frozen, typed, refusing nonsense at construction; nothing here does I/O.

(The one exception is `harness.core.evidence`, which reads a finished run's folder.)
"""
