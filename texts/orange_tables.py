"""Documents of Orange's tab-separated tables: names, kinds and roles of the columns, then rows."""

import csv
import io
import sys

from texts.document import Found, part_called
from words_and_images.common.errors import UserError

HEADER = 3  # lines: names, kinds, roles
LABEL_ROLE = "class"
TEXT_COLUMN = "Text"


def read_orange_table(name: str, content: bytes, found: Found) -> None:
    """Add the rows of a table; NAME-train.tab and NAME-test.tab are parts of a divided set.

    Raises
    ------
    UserError
        For a table without a column of texts and one whose role is the class, and one that the csv
        module cannot read.
    """
    csv.field_size_limit(sys.maxsize)
    rows = csv.reader(io.StringIO(content.decode("utf-8", errors="replace")), delimiter="\t")
    header = [next(rows, []) for _ in range(HEADER)]
    try:
        text, label = header[0].index(TEXT_COLUMN), header[2].index(LABEL_ROLE)
    except ValueError:
        raise UserError(f"{name} has no column {TEXT_COLUMN!r} and one of the role "
                        f"{LABEL_ROLE!r}; fetch it again.") from None
    split = part_called(name.rpartition("-")[2].removesuffix(".tab"))
    try:
        for number, row in enumerate(rows, start=1):
            if len(row) > max(text, label):
                found.add(f"{name}:{number}", row[label], row[text], split)
    except csv.Error as error:
        raise UserError(f"{name} is no table ({error}); fetch it again.") from None
