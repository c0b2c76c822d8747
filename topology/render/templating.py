"""The templates, for files whose form is easier seen than computed."""

from jinja2 import Environment, PackageLoader, StrictUndefined

_TEMPLATES = Environment(
    loader=PackageLoader("topology.render"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    autoescape=False,
)


def fill(template: str, **values: object) -> str:
    """Return a template's text with these values; an unknown one is an error."""
    return _TEMPLATES.get_template(template).render(**values)
