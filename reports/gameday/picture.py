"""The topology as an SVG picture: services as boxes in columns, links as lines, each with its name."""

from collections.abc import Mapping

from markupsafe import Markup

from harness.gameday.ground import Ground, Way

WIDTH, BOX_W, BOX_H, GAP = 760, 118, 30, 16
COLUMNS = (20, 320, 622)
KINDS: Mapping[str, int] = {"platform": 0, "foundation": 1, "service": 1, "gateway": 2, "merchant": 2}


def picture(ground: Ground) -> Markup:
    """Return the picture. Lines have `data-link`, boxes `data-service`."""
    places = _places(ground)
    height = max(y for _, y in places.values()) + BOX_H + GAP if places else BOX_H
    lines = Markup("").join(_line(way, places) for way in ground.ways if way.caller in places and way.callee in places)
    boxes = Markup("").join(_box(name, *place) for name, place in places.items())
    return Markup(
        '<svg viewBox="0 0 {width} {height}" role="img" aria-label="The platform: services and the links between them">'
        "{lines}{boxes}</svg>"
    ).format(width=WIDTH, height=height, lines=lines, boxes=boxes)


def _places(ground: Ground) -> dict[str, tuple[int, int]]:
    columns: list[list[str]] = [[] for _ in COLUMNS]
    for name, kind in ground.services.items():
        columns[KINDS.get(kind, 1)].append(name)
    rows = max(len(column) for column in columns)
    found = {}
    for x, column in zip(COLUMNS, columns, strict=True):
        step = (rows * (BOX_H + GAP)) / max(1, len(column))
        for number, name in enumerate(column):
            found[name] = (x, round(GAP / 2 + step * (number + 0.5) - BOX_H / 2))
    return found


def _line(way: Way, places: Mapping[str, tuple[int, int]]) -> Markup:
    (x1, y1), (x2, y2) = places[way.caller], places[way.callee]
    mid = BOX_H // 2
    if x1 == x2:  # between neighbours of one column: an arc beside it
        side = x1 + BOX_W
        bow = side + 26 + abs(y2 - y1) // 5
        path = f"M{side} {y1 + mid}C{bow} {y1 + mid} {bow} {y2 + mid} {side} {y2 + mid}"
    else:
        start, end = (x1 + BOX_W, x2) if x1 < x2 else (x1, x2 + BOX_W)
        half = (start + end) // 2
        path = f"M{start} {y1 + mid}C{half} {y1 + mid} {half} {y2 + mid} {end} {y2 + mid}"
    return Markup('<path class="way" data-link="{name}" d="{path}"><title>{name}</title></path>').format(
        name=way.name, path=path
    )


def _box(name: str, x: int, y: int) -> Markup:
    return Markup(
        '<g class="service" data-service="{name}"><rect x="{x}" y="{y}" width="{w}" height="{h}" rx="6"/>'
        '<text x="{tx}" y="{ty}">{name}</text></g>'
    ).format(name=name, x=x, y=y, w=BOX_W, h=BOX_H, tx=x + BOX_W // 2, ty=y + BOX_H // 2 + 4)
