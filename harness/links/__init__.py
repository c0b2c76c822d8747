"""The links between the platform's processes, each a Toxiproxy proxy that can be slowed, cut or corrupted."""
