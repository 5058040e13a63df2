"""The watch over pages: what it must not let pass."""

import pytest

from tests.browser.conftest import OWN_HOST


@pytest.fixture
def naughty(page, tmp_path):
    """A page of file:// that complains and asks for other hosts."""
    path = tmp_path / "naughty.html"
    path.write_text("<script>console.error('a complaint'); setTimeout(() => missing())</script>"
                    "<img src='http://example.org/a.png'><img src='http://93.184.216.34/b.png'>"
                    f"<img src='http://{OWN_HOST}:9/c.png'>")
    page.goto(path.as_uri())
    page.wait_for_function("[...document.images].every((image) => image.complete)")
    page.wait_for_timeout(100)
    yield page
    page.log.console.clear()  # all of it was wanted
    page.log.requests.clear()


def test_complaints_and_requests_are_noted(naughty):
    complaints = "\n".join(naughty.log.complaints(naughty.url))
    for part in ("console: a complaint", "missing is not defined", "request: http://example.org",
                 "request: http://93.184.216.34", f"request: http://{OWN_HOST}:9"):
        assert part in complaints


def test_other_hosts_are_not_reached(naughty):
    failed = [text for text in naughty.log.console if "ERR_NAME_NOT_RESOLVED" in text]
    assert len(failed) == 2


def test_what_is_expected_is_no_complaint(naughty):
    naughty.log.allow("a complaint")
    assert not any("a complaint" in text for text in naughty.log.complaints(naughty.url))
