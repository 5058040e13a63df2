"""Changes to word vectors: adding, replacing, rescaling and sorting them, and what is kept of each.

Vectors that are given or mapped are never written into: the first change makes a copy. Every change
drops what was computed of the old ones.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from word2vec.vectors.cosines import Floats
from word2vec.vectors.lookup import Ids, UnknownKeyError, WordTable
from word2vec.vectors.queries import Key, is_row, keys_listed, listed, shown
from words_and_images.common.errors import UserError, counted
from words_and_images.common.parameters import require

COUNT = "count"  # the attribute that is how often a word occurs
DERIVED = ("index_to_key", "key_to_index", "norms")  # cached properties


class EditableTable(WordTable):
    """Words and their vectors, to change; parameters and attributes as `WordTable` has them."""

    _own: Floats | None = None  # with room for more rows than there are

    @property
    def vectors(self) -> Floats:
        """(words, dim), not to be written into; assigning others replaces all of them."""
        return self._vectors

    @vectors.setter
    def vectors(self, vectors: ArrayLike) -> None:
        self._vectors, self._own = self._table_of(vectors), None
        self._forget("norms")

    def __copy__(self) -> Self:
        return self.vectors_for_all(range(len(self)), copy_vecattrs=True)

    def __getstate__(self) -> dict[str, Any]:
        """What a pickle or a deep copy holds: the rest is computed of it."""
        return {"words": list(self), "vectors": self.vectors,
                "attributes": self._listed_attributes(), "subwords": self.subwords}

    def __setstate__(self, state: dict[str, Any]) -> None:
        WordTable.__init__(self, state["words"], state["vectors"], None, state.get("subwords"))
        self._attributes = state["attributes"]

    def add_vector(self, key: str, vector: ArrayLike) -> int:
        """Add one word and its vector (dim,); many at once are faster with `add_vectors`.

        Returns
        -------
        its row

        Raises
        ------
        UserError
            For a word that has a vector already.
        """
        if key in self:
            raise UserError(f"{shown(key)} has a vector already; vectors[word] = vector replaces "
                            "it.")
        self.add_vectors(key, vector)
        return len(self) - 1

    def add_vectors(
        self, keys: Key | Iterable[Key], weights: ArrayLike,
        extras: Mapping[str, ArrayLike] | None = None, replace: bool = False,
    ) -> None:
        """Add words and their vectors; those that have one keep it, unless it is to be replaced.

        Parameters
        ----------
        keys : words; the row of a word stands for it.
        weights : (words, dim), or (dim,) for one word.
        extras : attributes of the words by their names, (words,) each. Words without one have 0.
        replace : whether words that have a vector get the new one, and the new attributes.

        Raises
        ------
        UserError
            For words and vectors that do not fit, a word that comes twice, and a value that is not
            finite; nothing is changed then.
        """
        words = self._words_of(listed(keys))
        vectors = self._rows_for(words, weights)
        attributes = {name: self._values_for(name, values, len(words))
                      for name, values in (extras or {}).items()}
        new = np.array([word not in self for word in words], np.bool_)
        known = ~new if replace else np.zeros(len(words), np.bool_)
        rows = np.array([self.index(word) for word, taken in zip(words, known, strict=True)
                         if taken], np.int64)
        self._overwrite(rows, vectors[known])
        self._append([word for word, added in zip(words, new, strict=True) if added], vectors[new])
        for name, values in attributes.items():
            column = self._column(name, values.dtype)
            column[rows] = values[known]
            column[len(self) - int(new.sum()) :] = values[new]

    def __setitem__(self, keys: Key | Iterable[Key], weights: ArrayLike) -> None:
        """Add words and their vectors, and replace those of words that have one."""
        self.add_vectors(keys, weights, replace=True)

    def fill_norms(self, force: bool = False) -> None:
        """Compute the lengths now, and with `force` again; a question does so by itself."""
        if force:
            self._forget("norms")
        _ = self.norms

    def unit_normalize_all(self) -> None:
        """Bring all vectors to length 1; what their lengths said is lost."""
        units = self.unit_vectors()
        self.vectors = units
        self._own = units

    def sort_by_descending_frequency(self) -> None:
        """Put the most frequent words first; equally frequent ones stay in their order.

        Raises
        ------
        UnknownKeyError
            Where the counts are not known.
        """
        order = self.order_by(COUNT)
        if (np.diff(order) == 1).all():
            return
        words = self.index_to_key
        attributes = {name: column[order] for name, column in self._listed_attributes().items()}
        vectors = self.vectors[order]
        self._forget(*DERIVED)
        self._words, self._attributes = [words[row] for row in order], attributes
        self.vectors = vectors
        self._own = vectors

    def order_by(self, attribute: str) -> Ids:
        """Rows by a falling attribute, (words,), equal ones in their order."""
        return np.argsort(-self._known_column(attribute), kind="stable").astype(np.int64)

    def get_vecattr(self, key: Key, attr: str) -> Any:
        """An attribute of a word: how often it occurs is its ``count``.

        Raises
        ------
        UnknownKeyError
            For an attribute that was not set, and where the counts are not known.
        """
        return self._known_column(attr)[self.index(key)]

    def set_vecattr(self, key: Key, attr: str, val: Any) -> None:
        """Set an attribute of a word. The first value decides the kind; other words have 0.

        Raises
        ------
        UserError
            For a value of another kind, which would be cut: 0.5 among whole numbers.
        """
        row = self.index(key)
        kind = np.int64 if attr == COUNT else np.asarray(val).dtype
        column = self._column(attr, kind)
        column[row] = _fitting(attr, val, column.dtype)

    def allocate_vecattrs(
        self, attrs: Sequence[str] | None = None, types: Sequence[DTypeLike] | None = None
    ) -> None:
        """Make attributes of those kinds, 0 for all words; those that there are always fit."""
        names, kinds = list(attrs or ()), list(types or ())
        require(len(names) == len(kinds), "types", types, f"{counted(len(names), 'type')}")
        for name, kind in zip(names, kinds, strict=True):
            if not np.can_cast(np.dtype(kind), self._column(name, np.dtype(kind)).dtype):
                raise UserError(f"the attribute {name!r} holds {self._attributes[name].dtype}; "
                                f"{np.dtype(kind)} does not fit.")

    def vectors_for_all(
        self, keys: Iterable[Key], allow_inference: bool = True, copy_vecattrs: bool = False
    ) -> Self:
        """A new table of those of the words that have a vector, each once, in their order.

        Parameters
        ----------
        keys : words; those without a vector are left out.
        allow_inference : where there are vectors of n-grams, make those of unknown words of them.
        copy_vecattrs : take the attributes over too.
        """
        given = keys_listed(keys)
        rows = list(dict.fromkeys(self.index(key) for key in given if key in self))
        table = type(self)([self._words[row] for row in rows], self.vectors[rows], None,
                           self.subwords)
        if copy_vecattrs:
            table._attributes = {name: column[rows]
                                 for name, column in self._listed_attributes().items()}
        return table

    def _known_column(self, attribute: str) -> NDArray[Any]:
        column = self.counts if attribute == COUNT else self._attributes.get(attribute)
        if column is None:
            raise UnknownKeyError(f"no {attribute!r} of the words is known; set it with "
                                  f"set_vecattr(word, {attribute!r}, value).")
        return column

    def _column(self, attribute: str, kind: DTypeLike) -> NDArray[Any]:
        """An attribute of all words to write into, zeros where it is new."""
        columns = self._listed_attributes()
        if attribute not in columns:
            text = np.dtype(kind).kind in "US"  # as arrays of one length they would be cut
            columns[attribute] = np.zeros(len(self), np.dtype(object) if text else kind)
        return columns[attribute]

    def _listed_attributes(self) -> dict[str, NDArray[Any]]:
        """The attributes, with counts that stood in a file until now."""
        if COUNT not in self._attributes and self.counts is not None:
            self._attributes[COUNT] = np.array(self.counts)
        return self._attributes

    def _values_for(self, name: str, values: ArrayLike, count: int) -> NDArray[Any]:
        column = np.asarray(values)
        if column.shape != (count,):
            raise UserError(f"{name} of shape {column.shape} is given for "
                            f"{counted(count, 'word')}; give one value for each.")
        if name == COUNT or name in self._attributes:
            kind = np.dtype(np.int64) if name == COUNT else self._attributes[name].dtype
            column = np.array([_fitting(name, value, kind) for value in column], kind)
        return column

    def _words_of(self, keys: Sequence[Key]) -> list[str]:
        """Words to add or replace, each once."""
        words = [self._words[self.index(key)] if is_row(key) else key for key in keys]
        for word in words:
            if not isinstance(word, str) or not word:
                raise UserError(f"{shown(word)} is given as a word; words are str and not empty.")
        if len(set(words)) < len(words):
            word = next(word for place, word in enumerate(words) if word in words[:place])
            raise UserError(f"the word {word!r} comes twice; give each once.")
        return words  # type: ignore[return-value]

    def _rows_for(self, words: Sequence[str], weights: ArrayLike) -> Floats:
        """Vectors that are given for words, (words, dim)."""
        try:
            with np.errstate(over="ignore"):  # refused below
                vectors = np.asarray(weights, np.float32)
        except (TypeError, ValueError):
            raise UserError(f"{shown(weights)} is given as vectors; give an array "
                            "(words, dim).") from None
        if vectors.ndim == 1 and len(words) == 1:
            vectors = vectors[np.newaxis]
        if vectors.shape != (len(words), self.vector_size):
            raise UserError(f"vectors of shape {vectors.shape} are given for "
                            f"{counted(len(words), 'word')}; they must be "
                            f"({len(words)}, {self.vector_size}).")
        for word, vector in zip(words, vectors, strict=True):
            require(bool(np.isfinite(vector).all()), f"the vector of {word!r}", vector.tolist(),
                    "finite float32 numbers")
        return vectors

    def _overwrite(self, rows: Ids, vectors: Floats) -> None:
        if len(rows):
            self._with_room(len(self))[rows] = vectors
            self._forget("norms")

    def _append(self, words: list[str], vectors: Floats) -> None:
        if not words:
            return
        before, after = len(self), len(self) + len(words)
        self._listed_attributes()  # while they are still the file's
        table = self._with_room(after)
        table[before:after] = vectors
        self._words = self.index_to_key
        self._words.extend(words)
        if "key_to_index" in vars(self):
            self.key_to_index.update(zip(words, range(before, after), strict=True))
        for name, column in self._attributes.items():
            self._attributes[name] = np.concatenate([column, np.zeros(len(words), column.dtype)])
        self._forget("norms")
        self._vectors = self._table_of(table[:after])

    def _with_room(self, rows: int) -> Floats:
        """Our own copy to write into, with room for so many rows, behind `vectors`."""
        if self._own is None or len(self._own) < rows:
            # Room for an eighth more, so that adding words one by one does not copy each time.
            more = rows // 8 if self._own is not None and rows > len(self) else 0
            table = np.zeros((rows + more, self.vector_size), np.float32)
            table[: len(self)] = self.vectors
            self._own = table
            self._vectors = self._table_of(table[: len(self)])
        return self._own

    def _forget(self, *names: str) -> None:
        """Drop cached properties, and what was found among the words."""
        for name in names:
            vars(self).pop(name, None)
        self._found.clear()
        self._spellings.clear()


def _fitting(attribute: str, value: Any, kind: np.dtype[Any]) -> Any:
    """The value in the kind of its attribute; UserError where that changes it."""
    if kind.kind == "O":
        return value
    try:
        converted = np.asarray(value).astype(kind)
    except (TypeError, ValueError, OverflowError):
        converted = None
    if converted is None or converted.ndim or converted != value:
        raise UserError(f"{attribute} is {value!r}; it must be {kind}, as for the other words.")
    return converted
