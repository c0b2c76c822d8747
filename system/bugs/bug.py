"""What a planted bug says about itself."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Bug:
    """A planted bug's own description.

    `id`: the switch (`PAY_BUG=B07`); `title`: the bug in one line; `caught_by`: the invariants that must notice it;
    `shown_by`: the scenarios that expose it.
    """

    id: str
    title: str
    caught_by: tuple[str, ...]
    shown_by: tuple[str, ...]

    def as_json(self) -> dict[str, str | list[str]]:
        """Return the description as plain data, as published in `catalogue.json`."""
        return {"id": self.id, "title": self.title, "caught_by": [*self.caught_by], "shown_by": [*self.shown_by]}
