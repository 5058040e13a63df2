"""A page: one HTML file that needs nothing else, and asks no other host for anything.

Its template extends ``frame.html``, shows charts by the macro of ``chart.html``, and draws them by
calling ``drawCharts`` of ``charts.js`` in its script.
"""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from words_and_images.common.errors import counted, printable
from words_and_images.common.files import write_text
from words_and_images.pages.charts import Chart

TEMPLATES = Path(__file__).parent / "templates"


def write_from_template(
    path: Path, template: str, folders: Iterable[Path], charts: Iterable[Chart],
    filters: dict[str, Callable[..., Any]], drawn: dict[str, Any], **shown: Any,
) -> None:
    """Write a page, atomically.

    Parameters
    ----------
    template : its name in one of the folders.
    folders : of templates, besides the shared ones.
    charts : all that the templates show, by their names.
    filters : functions for the templates.
    drawn : what the script draws besides charts, for JSON.
    shown : what the templates show, by its name there.
    """
    loader = FileSystemLoader([*folders, TEMPLATES])
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: printable(value) if type(value) is str else value)
    environment.filters.update(filters)
    named = {chart.name: chart for chart in charts}
    figures = {name: chart.figure for name, chart in named.items()}
    environment.globals.update(
        asset=lambda name: Markup(loader.get_source(environment, name)[0]), counted=counted,
        charts=named, plotly=Markup(get_plotlyjs()),
        data=_script_json({"charts": figures, **drawn}))
    write_text(path, environment.get_template(template).render(shown))


def _script_json(value: Any) -> Markup:
    """JSON to stand in a script element, which no text in it can end."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028"))
