"""Build the site of the documents: `make docs`."""

from pathlib import Path

import typer

from words_and_images.common.commandline import run_application
from words_and_images.common.errors import UserError

ROOT = Path(__file__).parents[1]
SITE = ROOT / "results" / "site"
application = typer.Typer(add_completion=False)


@application.command()
def main() -> None:
    """Build docs/ and the docstrings of the API into results/site, with no broken link."""
    try:
        import latex2mathml  # noqa: F401
        import material  # noqa: F401
        import mkdocstrings_handlers.python  # noqa: F401
    except ImportError as error:
        raise UserError("a site needs MkDocs with its theme, mkdocstrings and latex2mathml "
                        f"({error}); install them with pip install "
                        "'.[documentation]'.") from None
    from documentation.site import build_site

    build_site(ROOT / "mkdocs.yml", SITE)
    print(f"site: {(SITE / 'index.html').relative_to(ROOT)}")


if __name__ == "__main__":
    run_application(application)
