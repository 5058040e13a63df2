"""Every link of a built site: that it leads to what is there, and loads nothing from afar."""

import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LEAD, LOAD = "href", "src"
# What a browser follows by itself, besides every src.
LOADED_LINKS = {"stylesheet", "icon", "preload", "preconnect", "modulepreload", "dns-prefetch"}
CSS_ADDRESS = re.compile(r"url\(\s*['\"]?(?:https?:)?//[^)]*|@import[^;]*//[^;]*")


class Page(HTMLParser):
    """The anchors of a page, and all that it links to and loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = {"", "__top"}
        self.leads: set[str] = set()
        self.loads: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        relation = set(given.get("rel", "").split())
        if LOAD in given:
            self.loads.add(given[LOAD])
        if LEAD in given:
            loaded = tag == "link" and relation & LOADED_LINKS
            (self.loads if loaded else self.leads).add(given[LEAD])


def broken_links(site: Path) -> list[str]:
    """What is wrong with the links of a site's pages, each as ``page: link``."""
    @cache
    def page_at(path: Path) -> Page:
        return Page(path.read_text(encoding="utf-8"))

    def is_broken(path: Path, link: str, loaded: bool) -> bool:
        parts = urlsplit(link)
        if parts.scheme == "data":
            return False
        if parts.scheme or parts.netloc:
            return loaded
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path.resolve()
        if parts.path.startswith("/") or not target.is_file():
            return True
        return target.suffix == ".html" and unquote(parts.fragment) not in page_at(target).anchors

    found = []
    for path in sorted(site.resolve().rglob("*.html")):
        page = page_at(path)
        found += [f"{path.relative_to(site.resolve())}: {link}"
                  for loaded, links in ((False, page.leads), (True, page.loads))
                  for link in sorted(links) if is_broken(path, link, loaded)]
    return found + [f"{path.relative_to(site.resolve())}: {address}"
                    for path in sorted(site.resolve().rglob("*.css"))
                    for address in CSS_ADDRESS.findall(path.read_text(encoding="utf-8"))]
