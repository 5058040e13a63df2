"""Files of word2vec and GloVe under gensim's names, with the counts of the words beside them."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

from word2vec.vectors.cosines import Floats
from word2vec.vectors.editing import COUNT, EditableTable
from word2vec.vectors.formats import vector_files as formats
from word2vec.vectors.formats import vector_writer
from word2vec.vectors.formats.read_options import ReadOptions
from word2vec.vectors.lookup import Ids
from words_and_images.common.errors import UserError, counted
from words_and_images.common.files import AnyPath, path_of, write_text
from words_and_images.common.parameters import require, require_switch
from words_and_images.common.progress import say

LONGEST_COUNT = 18  # digits


class Word2vecFormat(EditableTable):
    """Words and their vectors in files; parameters and attributes as `WordTable` has them."""

    def save_word2vec_format(
        self, fname: AnyPath, fvocab: AnyPath | None = None, binary: bool = False,
        total_vec: int | None = None, write_header: bool = True, prefix: str = "",
        append: bool = False, sort_attr: str | None = COUNT,
    ) -> None:
        """Write word2vec text or binary, gzip where the name ends in .gz.

        Parameters
        ----------
        fname : the file.
        fvocab : a second file, for lines of a word and its attribute, the count.
        binary : word2vec binary.
        total_vec : None, or the number of words.
        write_header : False for GloVe text.
        prefix : to put before every word.
        append : not taken: the header would be wrong.
        sort_attr : write the words by this attribute, falling; None in the order of the rows.
        """
        path = path_of("fname", fname)
        require(total_vec in (None, len(self)), "total_vec", total_vec,
                f"left out: {counted(len(self), 'vector')} are written")
        require(append is False, "append", append, "left out; join words with add_vectors and "
                "write them all at once")
        require(isinstance(prefix, str), "prefix", prefix, "text")
        if fvocab is not None:
            path_of("fvocab", fvocab)
        self._refuse_empty()
        rows = self._written_order(sort_attr)
        words = [prefix + self._words[row] for row in rows.tolist()]
        in_order = bool((np.diff(rows) == 1).all())
        write(path, words, self.vectors if in_order else self.vectors[rows],
                              binary, write_header)
        if fvocab is not None:
            write_counts(
                fvocab, words, self._known_column(sort_attr or COUNT)[rows].tolist())

    @classmethod
    def load_word2vec_format(
        cls, fname: AnyPath, fvocab: AnyPath | None = None, binary: bool | None = None,
        encoding: str = "utf-8", unicode_errors: str = "strict", limit: int | None = None,
        datatype: DTypeLike = np.float32, no_header: bool = False,
    ) -> Self:
        """Read a file of vectors (`formats.read_vectors`).

        Parameters
        ----------
        fname : the file.
        fvocab : a second file, of lines ``word count``.
        binary : whether a file with a header is binary or text; None tells by the content.
        encoding, unicode_errors, limit : as in `ReadOptions`.
        datatype : float32.
        no_header : whether the file is GloVe text; False tells by the content.
        """
        require_switch("no_header", no_header)
        require(np.dtype(datatype) == np.float32, "datatype", datatype,
                "float32; vectors.vectors.astype(...) makes others of it")
        if binary is not None:
            require_switch("binary", binary)
        reading = ReadOptions(limit, unicode_errors, encoding, binary, False if no_header else None)
        require(not (no_header and binary), "no_header", no_header,
                "False for binary, which has a header")
        found = formats.read_found(path_of("fname", fname), reading)
        counts = (found.counts if fvocab is None
                  else read_counts(fvocab, found.words, reading))
        return cls(found.words, found.vectors, counts)

    def intersect_word2vec_format(
        self, fname: AnyPath, lockf: float | None = None, binary: bool | None = None,
        encoding: str = "utf-8", unicode_errors: str = "strict",
    ) -> int:
        """Take over the vectors of a file for the words that there are here too.

        Parameters
        ----------
        fname, binary, encoding, unicode_errors : as in `load_word2vec_format`.
        lockf : not taken: no vector is kept from training.

        Returns
        -------
        how many words have a vector of the file now
        """
        require(lockf is None, "lockf", lockf, "left out: no vector is kept from training")
        words, vectors = formats.read_vectors(
            path_of("fname", fname), ReadOptions(None, unicode_errors, encoding, binary))
        if vectors.shape[1] != self.vector_size:
            raise UserError(f"{fname} has {counted(vectors.shape[1], 'value')} a vector and here "
                            f"there are {self.vector_size}; give vectors of one size.")
        shared = [place for place, word in enumerate(words) if word in self]
        self.add_vectors([words[place] for place in shared], vectors[shared], replace=True)
        if not shared:
            say(f"warning: {fname} has no word that is here too; nothing is taken over.")
        return len(shared)

    def _written_order(self, attribute: str | None) -> Ids:
        """Rows as they are written: by an attribute, where counts are known by them."""
        if attribute is None or (attribute == COUNT and self.counts is None):
            return np.arange(len(self))
        return self.order_by(attribute)

    def _refuse_empty(self) -> None:
        if not len(self):
            raise UserError("there are no words to write; add some first.")


def write(
    path: AnyPath, words: Sequence[str], vectors: Floats, binary: bool, header: bool
) -> None:
    """word2vec binary, word2vec text or, without header, GloVe text."""
    require_switch("binary", binary)
    require_switch("write_header", header)
    if not binary:
        vector_writer.write_text(path_of("fname", path), words, vectors, header)
        return
    require(header, "write_header", header, "True for binary, which nothing could read without")
    vector_writer.write_binary(path_of("fname", path), words, vectors)


def read_counts(path: AnyPath, words: Sequence[str], reading: ReadOptions) -> NDArray[np.int64]:
    """How often words occur, (words,), by the lines ``word count`` of a file.

    Raises
    ------
    UserError
        For a file that cannot be read, with the line that is none, and for a word without a count.
    """
    place = path_of("fvocab", path)
    try:
        text = place.read_text(encoding=reading.encoding, errors=reading.errors)
    except OSError as error:
        raise UserError(f"{place} cannot be read ({error.strerror}); give a file of words and "
                        "counts.") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{place} is not UTF-8 at byte {error.start:,}; convert it.") from None
    counts = dict(_word_and_count(line, f"{place}, line {number:,}")
                  for number, line in enumerate(text.split("\n"), start=1) if line.strip())
    missing = [word for word in words if word not in counts]
    if missing:
        raise UserError(f"{place} has no count for {counted(len(missing), 'word')}, first "
                        f"{missing[0][:80]!r}; give the file that belongs to the vectors, or none.")
    return np.array([counts[word] for word in words], np.int64)


def write_counts(path: AnyPath, words: Sequence[str], counts: Sequence[Any]) -> None:
    """Lines ``word count``."""
    pairs = zip(words, counts, strict=True)
    write_text(path_of("fvocab", path), "".join(f"{word} {count}\n" for word, count in pairs))


def _word_and_count(line: str, where: str) -> tuple[str, int]:
    word, *rest = line.rsplit(maxsplit=1)
    count = rest[0] if rest else ""
    if not (count.isascii() and count.isdecimal() and len(count) <= LONGEST_COUNT):
        raise UserError(f"{where}: {line[:80]!r} is no word with its count; write both, with a "
                        "blank between.")
    return word, int(count)
