import numpy as np
import pytest

from word2vec.vectors.formats.read_options import ReadOptions
from word2vec.vectors.formats.vector_files import read_vectors, refuse_place, write_vectors
from words_and_images.common.errors import UserError

VALUES = b"0.5\t-2\n1\t0.25\n"


@pytest.mark.parametrize("values, words, content", [
    ("v.tsv", "v_words.tsv", b"a\nnew york\n"), ("v.tsv", "v_metadata.tsv", b"a\r\nnew york\r\n"),
    ("v_tensor.tsv", "v_metadata.tsv", b"a\nnew york"),
    ("vectors.tsv", "metadata.tsv", b"a\nnew york\n"),
    ("vectors.tsv", "metadata.tsv", b"Rank\tWord\n1\ta\n2\tnew york\n"),
    ("vectors.tsv", "metadata.tsv", b"token\tcount\na\t9\nnew york\t8\n"),
    ("vectors.tsv", "metadata.tsv", b"word\na\nnew york\n"),
    ("vectors.tsv", "metadata.tsv", b"a\t9\nnew york\t8\n"),
])
def test_values_and_words_are_read_together(tmp_path, values, words, content):
    (tmp_path / values).write_bytes(VALUES)
    (tmp_path / words).write_bytes(content)
    read, vectors = read_vectors(tmp_path / values)
    assert read == ["a", "new york"] and vectors.tolist() == [[0.5, -2], [1, 0.25]]
    assert read_vectors(tmp_path / values, ReadOptions(limit=1))[0] == ["a"]


def test_what_is_written_comes_back_whatever_the_words(tmp_path):
    words = ["area 51", "-0.414", " x", "东京"]
    write_vectors(tmp_path / "v.tsv", words, np.eye(4, 2, dtype=np.float32))
    assert read_vectors(tmp_path / "v.tsv")[0] == words


@pytest.mark.parametrize("values, words, reason", [
    (VALUES, b"a\n", "holds 2 rows and .*v_words.tsv 1 word;"),
    (b"0.5\t1\n2\n", b"a\nb\n", "line 2: 1 value where 2 are expected"),
    (b"0.5\t1\n2\tx\n" + b"1\t1\n", b"a\nb\nc\n", "line 2: the value 'x' is no number"),
    (b"0.5\tnan\n", b"a\n", "line 1: the vector of 'a'"),
])
def test_what_does_not_fit_is_refused(tmp_path, values, words, reason):
    (tmp_path / "v.tsv").write_bytes(values)
    (tmp_path / "v_words.tsv").write_bytes(words)
    with pytest.raises(UserError, match=reason):
        read_vectors(tmp_path / "v.tsv")


def test_a_table_that_is_no_export_of_vectors_is_not_overwritten(tmp_path):
    (tmp_path / "mine.tsv").write_bytes(VALUES)
    (tmp_path / "notes_words.tsv").write_bytes(b"dear diary\n")
    for name, reason in (("mine.tsv", "holds no word vectors"),
                         ("notes.tsv", "notes_words.tsv exists and belongs to no vectors")):
        with pytest.raises(UserError, match=reason):
            refuse_place(tmp_path / name)
