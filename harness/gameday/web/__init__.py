"""The one page of a game day, on this machine only: who may ask, what is answered, how it is served."""
