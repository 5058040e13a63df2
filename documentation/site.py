"""The site, whole or not at all: built, every link of it followed, and moved to its place."""

import logging
from pathlib import Path

from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort, MkDocsException

from documentation.links import broken_links
from words_and_images.common.errors import UserError
from words_and_images.common.own_files import Kind, making

SITE = Kind("a site", (), ("index.html", "search/search_index.js"), "build it again: make docs")
# Of a site with an address: it would name the day of the build, and addresses that are none.
UNUSED = ("404.html", "sitemap.xml", "sitemap.xml.gz")
TOLD = 20  # broken links that an error names


def build_site(configuration: Path, out: Path) -> None:
    """Build the site that `configuration`, a mkdocs.yml, describes, into the folder `out`.

    Raises
    ------
    UserError
        For a page or a docstring that MkDocs complains of, which it has said on standard error,
        for a link that leads nowhere or loads something from elsewhere, and where `out` holds
        anything but such a site. What stood there stays.
    """
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    with making(out, SITE) as folder:
        try:
            build(load_config(str(configuration), site_dir=str(folder), strict=True))
        except Abort:
            raise UserError("the site has warnings, told above; mend what they name.") from None
        except MkDocsException as error:
            raise UserError(f"the site cannot be built: {error}.") from None
        for name in UNUSED:
            (folder / name).unlink(missing_ok=True)
        refuse_broken_links(folder)


def refuse_broken_links(folder: Path) -> None:
    """Refuse a site whose pages link to what is not there."""
    broken = broken_links(folder)
    if broken:
        told = "; ".join(broken[:TOLD]) + (
            f"; and {len(broken) - TOLD:,} more" if len(broken) > TOLD else "")
        raise UserError(f"the site has broken links: {told}; mend the pages.")

