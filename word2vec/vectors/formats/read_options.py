"""How a file of word vectors is read, as far as its user may choose."""

import codecs
from collections.abc import Container
from dataclasses import dataclass
from numbers import Integral

from words_and_images.common.parameters import require, require_choice, require_encoding

ERRORS = ("strict", "replace", "ignore")
UTF8 = "utf-8"


@dataclass(frozen=True)
class ReadOptions:
    """What to make of a file of word vectors.

    Parameters
    ----------
    limit : int or None, at least 1
        Only so many words, from the beginning.
    errors : str
        A word with bytes that are not of the encoding: strict refuses the file, replace puts
        U+FFFD in their place, ignore leaves them out. Words that become equal by it are left out
        but for the first, and counted.
    encoding : str
        Of the words in the file, for example latin-1.
    binary : bool or None
        Whether a file with a header is binary or text; None tells by the content.
    header : bool or None
        Whether the file begins with a line ``words dim``; None tells by the content. With False,
        any table of words and numbers is believed.
    wanted : container of str or None
        Of a file that is read, keep these words only, which may then be none; None keeps all.
    """

    limit: int | None = None
    errors: str = "strict"
    encoding: str = UTF8
    binary: bool | None = None
    header: bool | None = None
    wanted: Container[str] | None = None

    def __post_init__(self) -> None:
        whole = isinstance(self.limit, Integral) and not isinstance(self.limit, bool)
        require(self.limit is None or (whole and self.limit >= 1), "limit", self.limit,
                "a whole number, at least 1")
        require_choice("errors", self.errors, ERRORS)
        require_encoding("encoding", self.encoding)
        require("a 1\n".encode(self.encoding) == b"a 1\n", "encoding", self.encoding,
                "one in which blanks and digits are bytes of their own, such as utf-8 or latin-1; "
                "convert other files first, for example with iconv")

    @property
    def is_utf8(self) -> bool:
        """Whether the encoding is UTF-8, by whichever of its names."""
        return codecs.lookup(self.encoding).name == "utf-8"

    @property
    def spelled_encoding(self) -> str:
        """The encoding as people write it."""
        return "UTF-8" if self.is_utf8 else self.encoding


DEFAULTS = ReadOptions()
