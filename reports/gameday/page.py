"""The page of a game day: one document with everything in it, filled by what its own server sends."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from harness import catalogue
from harness.gameday.book import CLOCK
from harness.gameday.ground import Ground
from harness.gameday.surprise import Seat
from harness.injecting.asking import parameters_of, place_parameters
from reports.gameday.picture import picture
from reports.page import SCRIPTS_FOLDER, VENDOR, embedded, environment, read

_STYLES = ("base.css", "parts.css", "gameday.css")
_SCRIPTS = ("colours.js", "gameday_charts.js", "gameday_board.js", "gameday.js")


def document(nonce: str, ground: Ground, title: str, seat: Seat = Seat.FACILITATOR, *, surprise: bool = False) -> str:
    """Return the page. `nonce` is what its scripts are allowed by; players of a surprise have nothing to break with."""
    return (
        environment()
        .get_template("gameday.html.j2")
        .render(
            nonce=nonce,
            title=title,
            picture=picture(ground),
            clock=CLOCK,
            breaks=not surprise or seat is Seat.FACILITATOR,
            surprise=surprise,
            faults=catalogue.fault_names(),
            data=embedded({"faults": _faults(), "places": _places(ground)}),
            styles=read(VENDOR / "uPlot.min.css", *(SCRIPTS_FOLDER / name for name in _STYLES)),
            uplot=read(VENDOR / "uPlot.iife.min.js"),
            uplot_licence=read(VENDOR / "LICENSE.txt"),
            scripts=_scripts(),
        )
    )


def _scripts() -> Markup:
    return read(*(SCRIPTS_FOLDER / name for name in _SCRIPTS))


def _faults() -> Mapping[str, Mapping[str, object]]:
    """Return each fault with its first line, what says where it is, and its other parameters."""
    found = {}
    for name in catalogue.fault_names():
        places = place_parameters(name)
        found[name] = {
            "story": catalogue.first_line(catalogue.fault_story(name)),
            "places": list(places),
            "parameters": [
                {"name": item.name, "default": item.default, "choices": list(item.choices)}
                for item in parameters_of(name)
                if item.name not in places
            ],
        }
    return found


def _places(ground: Ground) -> Sequence[str]:
    links = [way.name for way in ground.ways]
    together = sorted({f"*-to-{way.callee}" for way in ground.ways})
    return [*ground.services, *together, *links]
