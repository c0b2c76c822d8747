"""What people see of a game day: the page that they play on, and the draft of the retro that it leaves."""
