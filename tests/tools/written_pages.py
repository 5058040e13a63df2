"""What stands in a page that was written."""

import json
import re
from html import unescape


def figure_of(page: str, name: str) -> dict:
    """The figure that a page holds for a chart."""
    return data_of(page)["charts"][name]


def data_of(page: str) -> dict:
    """What the page's script draws."""
    found = re.search(r'<script type="application/json" id="page-data">(.*?)</script>', page,
                      re.DOTALL)
    assert found
    return json.loads(found[1])


def cells(page: str, beginning: str) -> list[str]:
    """The texts of the cells of the table row whose first cell is `beginning`."""
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", page, re.DOTALL)
    texts = [[" ".join(unescape(re.sub(r"<[^>]*>", "", cell)).split())
              for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL)]
             for row in rows]
    return next(row[1:] for row in texts if row and row[0] == beginning)
