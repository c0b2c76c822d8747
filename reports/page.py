"""Puts the HTML page together: templates, styles, scripts and data into one file that needs nothing else."""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from harness.core.evidence import Evidence
from harness.core.plain import by_name
from harness.core.report import Report
from harness.core.verdicts import Verdict
from reports import certificate, crashing, effects, money, recovering, wording
from reports.gameday.telling import day_of
from reports.story.build import stories, summary
from reports.timeline.data import Drawn, Mark, Unmarked, timeline

_HERE = Path(__file__).parent
SCRIPTS_FOLDER = _HERE / "assets"
VENDOR = _HERE / "vendor" / "uplot"
_SCRIPTS = ("colours.js", "theme.js", "marks.js", "charts.js", "waterfall.js", "cursor.js", "main.js")
_STYLES = ("base.css", "parts.css", "story.css", "print.css")


def page(report: Report, evidence: Evidence) -> str:
    """Return the whole page."""
    drawn = timeline(report, evidence)
    told = stories(report, evidence)
    day = day_of(report, evidence)
    marks = tuple(Mark(f"story {number}", story.at_s) for number, story in enumerate(told, start=1))
    marks += tuple(Mark(row.what, row.at_s) for row in day if row.said)
    data = msgspec.structs.replace(drawn.data, marks=marks) if drawn.data else Unmarked(marks)
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            groups=wording.sort(report.invariants),
            wording=wording,
            recovering=recovering,
            crashing=crashing,
            effects=effects,
            timeline=drawn,
            day=day,
            table=_table(drawn.data) if drawn.data else None,
            stories=told,
            stories_summary=summary(report),
            workers=certificate.workers(evidence),
            processes=certificate.processes(evidence),
            verdicts=Verdict,
            **charted(data, _STYLES, _SCRIPTS),
        )
    )


def charted(data: object, styles: Iterable[str], scripts: Iterable[str]) -> Mapping[str, Markup]:
    """Return what the template of a page with charts is given: the data, uPlot, and our styles and scripts by name."""
    return {
        "data": embedded(data),
        "styles": read(VENDOR / "uPlot.min.css", *(SCRIPTS_FOLDER / name for name in styles)),
        "uplot": read(VENDOR / "uPlot.iife.min.js"),
        "uplot_licence": read(VENDOR / "LICENSE.txt"),
        "scripts": read(*(SCRIPTS_FOLDER / name for name in scripts)),
    }


def embedded(data: object) -> Markup:
    """Return JSON that is safe inside a script element, whatever its texts say.

    `<` never appears, so nothing in it can end the element or begin a comment.
    """
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=True, allow_nan=False, default=by_name)
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


@cache
def environment() -> Environment:
    """Return what renders our templates, with the filters that they use."""
    made = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["amounts"] = money.amounts
    made.filters["milliseconds"] = _milliseconds
    made.filters["percent"] = _percent
    return made


def read(*paths: Path) -> Markup:
    """Our own files, which go into the page as they are."""
    return Markup("\n".join(path.read_text() for path in paths))


def _milliseconds(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value / 1000:,.2f} s" if value >= 1000 else f"{value:.3g} ms"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.0f} %"


class _Second(msgspec.Struct, frozen=True):
    """A row of the timeline's table: one bucket, with the faults that were on."""

    at: int
    values: list[float | None]
    fault: str


class _Table(msgspec.Struct, frozen=True):
    columns: list[str]
    rows: list[_Second]


def _table(data: Drawn) -> _Table:
    """The timeline as a table: the names of its columns and one row for each bucket."""
    groups = (("{} /s", data.rates), ("{} ms", data.latency), ("{} /s", data.share))
    columns = {title.format(key): values for title, group in groups for key, values in (group or {}).items()}
    rows = [
        _Second(at_s, [values[index] for values in columns.values()], _faults_at(data, at_s))
        for index, at_s in enumerate(data.seconds)
    ]
    return _Table(list(columns), rows)


def _faults_at(data: Drawn, at_s: int) -> str:
    until_s = at_s + data.bucket_s
    return ", ".join(item.name for item in data.faults if item.from_s < until_s and at_s < item.to_s)
