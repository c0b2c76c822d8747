"""What both gateway simulators share: the journal, the books, money's rules, faults, the front door and webhooks."""
