"""Child processes: started in their own sessions, recorded on disk, killed only by verified identity."""
