"""Text within SQL."""


def quoted(text: object) -> str:
    """Return a text, such as a path, as a literal of SQL, quotes around it."""
    return "'" + str(text).replace("'", "''") + "'"
