"""Bytes of any encoding become text; what cannot be decoded is counted."""

import codecs
import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import partial

from word2vec.corpus.documents.file_warnings import Remarks, quoted
from words_and_images.common.streams import Stream

BYTE_ORDER_MARK = "\ufeff"
# The marks of UTF-32 begin with those of UTF-16, so they are asked for first.
_MARKS = {b"\xff\xfe\0\0": "utf-32", b"\0\0\xfe\xff": "utf-32",
          b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8"}
# Where of each two or four bytes a zero stands in ASCII, line ends and blanks included.
_ZEROS = {"utf-32-le": (1, 2, 3), "utf-32-be": (0, 1, 2), "utf-16-le": (1,), "utf-16-be": (0,)}
_COUNTING = "word2vec.replace_and_count"
_SAMPLE = 1 << 14
_WORD = re.compile(rb"[A-Za-z\x80-\xff]*[\x80-\xff][A-Za-z\x80-\xff]*")


class _Undecodable:
    """What the error handler has met since this was set to nothing."""

    count, sample, place = 0, b"", 0

    def replace(self, error: UnicodeError) -> tuple[str, int]:
        if not isinstance(error, UnicodeDecodeError):
            raise error
        if not self.count:
            self.sample = bytes(error.object[max(0, error.start - 200) : error.start + _SAMPLE])
            self.place = error.start - len(error.object)
        self.count += error.end - error.start
        return "\ufffd", error.end


_undecodable = _Undecodable()
codecs.register_error(_COUNTING, _undecodable.replace)


class Decoder:
    """Decodes a stream: by the mark at its beginning, or as it is told to, or as UTF-8.

    Attributes
    ----------
    encoding : by which it decodes.
    bytes, undecodable : read so far, and those of them that became unknown characters.
    beyond_ascii : a measure of what was decoded beyond ASCII, of UTF-8 its continuing bytes.
    sample : bytes from shortly before the first undecodable one on.
    place : of the first undecodable byte, from 0 on.
    is_utf8_too : whether all bytes so far, some beyond ASCII, are UTF-8.
    """

    def __init__(self, beginning: bytes, encoding: str | None) -> None:
        marks = (name for mark, name in _MARKS.items() if beginning.startswith(mark))
        self.mark = next(marks, None)
        self.encoding = self.mark or codecs.lookup(encoding or "utf-8").name
        if self.mark is None and self.encoding in ("utf-16", "utf-32"):
            self.encoding = unmarked_encoding(beginning) or f"{self.encoding}-le"
        self.bytes = self.undecodable = self.beyond_ascii = 0
        self.sample, self.place = b"", 0
        self._is_utf8 = self.encoding in ("utf-8", "utf-8-sig")
        self._utf8_so_far, self._beyond_ascii = not self._is_utf8, False

    @property
    def is_utf8_too(self) -> bool:
        return self._utf8_so_far and self._beyond_ascii

    def utf8(self, stream: Stream, at_once: int) -> Iterator[bytes]:
        """The stream in UTF-8; what comes as UTF-8 is left as it is."""
        pieces = iter(lambda: stream.read(at_once), b"")
        return pieces if self._is_utf8 else self._converted(pieces)

    def text(self, block: bytes) -> str:
        """A stretch of what `utf8` gave, cut between characters."""
        if not self._is_utf8:
            return block.decode("utf-8", "replace")
        text = self._counted(block, lambda: block.decode("utf-8", _COUNTING))
        self.beyond_ascii += len(block) - len(text)
        return text

    def beginning(self, beginning: bytes) -> str:
        """The first characters, to tell a text by."""
        decoder = codecs.getincrementaldecoder(self.encoding)("ignore")
        return decoder.decode(beginning).removeprefix(BYTE_ORDER_MARK)

    def _converted(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        decoder = codecs.getincrementaldecoder(self.encoding)(_COUNTING)
        utf8 = codecs.getincrementaldecoder("utf-8")()
        for piece in pieces:
            self._compare(utf8, piece)
            text = self._counted(piece, partial(decoder.decode, piece))
            yield text.encode("utf-8", "replace")
        yield self._counted(b"", partial(decoder.decode, b"", True)).encode("utf-8", "replace")

    def _compare(self, utf8: codecs.IncrementalDecoder, piece: bytes) -> None:
        if self._utf8_so_far and not piece.isascii():
            self._beyond_ascii = True
        try:
            if self._utf8_so_far:
                utf8.decode(piece)
        except UnicodeDecodeError:
            self._utf8_so_far = False

    def _counted(self, block: bytes, decode: Callable[[], str]) -> str:
        _undecodable.count = 0
        text = decode()
        self.bytes += len(block)
        if _undecodable.count:
            if not self.undecodable:  # what a decoder kept of earlier blocks ends in this one too
                self.place = self.bytes + _undecodable.place
            self.undecodable += _undecodable.count
            self.sample = self.sample or _undecodable.sample
        return text


def unmarked_encoding(beginning: bytes) -> str | None:
    """UTF-16 or UTF-32 without a mark, told by where its zero bytes stand; None for others."""
    for encoding, zeros in _ZEROS.items():
        width = 4 if encoding.startswith("utf-32") else 2
        columns = [beginning[place::width] for place in range(width)]
        full = [place for place in range(width) if place not in zeros]
        if any(0 not in columns[place] for place in zeros) or any(0 in columns[p] for p in full):
            continue
        text = codecs.getincrementaldecoder(encoding)("replace").decode(beginning)
        odd = sum(unicodedata.category(character) in ("Cc", "Cn", "Co", "Cs", "So") and
                  not character.isspace() for character in text)
        if odd <= len(text) / 20:
            return encoding
    return None


def western_word(sample: bytes) -> str | None:
    """A word of Windows-1252, with which Latin-1 begins, where the bytes look like that.

    They do where bytes beyond ASCII are few, stand alone among the letters of a to z, and are
    letters or marks of print there.
    """
    high = [place for place, byte in enumerate(sample) if byte >= 0x80]
    alone = [place for place in high if place + 1 == len(sample) or sample[place + 1] < 0x80]
    written = [sample[place : place + 1].decode("cp1252", "replace") for place in high]
    usual = sum(unicodedata.category(letter)[0] in "LP" or letter in "\xa0°£€©®ªº"
                for letter in written)
    few = sum(map(len, re.findall(rb"[A-Za-z]+", sample))) > 4 * len(high)
    if few and len(alone) > 0.8 * len(high) and usual > 0.95 * len(high):
        return _WORD.search(sample).group().decode("cp1252", "replace")  # type: ignore[union-attr]
    return None


def remark_on_encoding(
    remarks: Remarks, decoder: Decoder, wanted: str | None, name: str
) -> None:
    """Remark on what a decoder has met in a file that is read to its end.

    Parameters
    ----------
    wanted : the encoding that a user has named, if any.
    """
    if decoder.undecodable:
        called = "UTF-8" if decoder.encoding == "utf-8" else decoder.encoding
        kind, remedy = _remedy(decoder)
        remarks.add(f"{called}, {kind}", "{files}: {part} of {whole} bytes ({share}) are not "
                    f"{called} and are read as unknown characters; {remedy}.",
                    name, decoder.undecodable, decoder.bytes)
    elif decoder.is_utf8_too:
        remarks.add("UTF-8 too", f"{{files}}: read as {decoder.encoding}, but all of it is UTF-8 "
                    "too; leave --encoding out, if words look like 'M\xc3\xbcller'.", name)
    if decoder.mark and wanted and not codecs.lookup(wanted).name.startswith(decoder.mark):
        remarks.add("mark", f"{{files}}: read as {decoder.mark}, as the mark at the beginning "
                    f"says, and not as {wanted}.", name)


def _remedy(decoder: Decoder) -> tuple[str, str]:
    """Which kind of file this is, and what to do about what could not be decoded."""
    if not decoder.encoding.startswith("utf-8"):
        return "named", "if it is in another encoding, name that with --encoding"
    if decoder.beyond_ascii > decoder.undecodable:
        return "mixed", "the rest is UTF-8: mend these places"
    if word := western_word(decoder.sample):
        return "western", ("they look like Windows-1252, or its part Latin-1 "
                           f"({quoted(repr(word[:40]))}): if so, add --encoding cp1252")
    return "other", ("name the encoding with --encoding, such as cp1252, cp1251, koi8-r, shift_jis "
                     "or gb18030")
