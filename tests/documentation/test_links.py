"""What the checker of a site's links finds, in small sites."""

import pytest

from documentation.links import broken_links


def site(folder, **pages):
    for name, text in pages.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("body", [
    '<a href="b.html">b</a>', '<a href="b.html#part">b</a>', '<a href="#here" id="here">here</a>',
    '<a href="https://example.org/">elsewhere</a>', '<a href="mailto:a@example.org">by mail</a>',
    '<img src="data:image/png;base64,AA==">', '<a href="b.html?q=1">b</a>', '<a href="#">top</a>',
])
def test_what_leads_somewhere_is_no_fault(tmp_path, body):
    assert broken_links(site(tmp_path, a=body, b='<h2 id="part">part</h2>')) == []


@pytest.mark.parametrize(("body", "link"), [
    ('<a href="c.html">c</a>', "c.html"),
    ('<a href="b.html#other">b</a>', "b.html#other"),
    ('<a href="#nowhere">nowhere</a>', "#nowhere"),
    ('<a href="/b.html">not from a file</a>', "/b.html"),
    ('<img src="c.png">', "c.png"),
    ('<a href=".">a folder, which no browser opens as a page</a>', "."),
    ('<script src="https://example.org/a.js"></script>', "https://example.org/a.js"),
    ('<img src="//example.org/a.png">', "//example.org/a.png"),
    ('<link rel="stylesheet" href="https://example.org/a.css">', "https://example.org/a.css"),
    ('<link rel="preconnect" href="https://example.org">', "https://example.org"),
])
def test_a_link_that_leads_nowhere_or_loads_from_elsewhere_is_found(tmp_path, body, link):
    assert broken_links(site(tmp_path, a=body, b='<h2 id="part">part</h2>')) == [f"a.html: {link}"]


def test_a_style_that_loads_from_elsewhere_is_found(tmp_path):
    (tmp_path / "a.css").write_text("@font-face { src: url('https://example.org/a.woff2'); }")
    assert len(broken_links(tmp_path)) == 1
