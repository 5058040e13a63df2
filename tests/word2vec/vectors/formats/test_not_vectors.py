"""What is no file of word vectors is refused for the right reason."""

import functools
import gzip
import io
import pickle
import struct
import tarfile

import numpy as np
import pytest

from tests.word2vec.conftest import refusal
from word2vec.vectors.formats.read_options import ReadOptions
from word2vec.vectors.formats.vector_files import read_vectors


def saved(array) -> bytes:
    content = io.BytesIO()
    np.save(content, array)
    return content.getvalue()


def tar_of(content: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        member = tarfile.TarInfo("v.txt")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


@pytest.mark.parametrize("content, reason", [
    (b"the 500\nof 300\n", "a list of words with counts"),
    (b"the 0.5\nof 0.3\n", "a list with one number a line"),
    (b"1 the 0.5\n2 of 0.3\n", "a list with one number a line"),
    (b"cat\tdog\t7.35\nlove\tsex\t6\n", "word pairs with a number, and no vectors; it is for"),
    (b"# pass 1: pairs\nnew york\t672.8\t3749\t23569\t5444\n", "a list of phrases"),
    (b": capitals\nAthens Greece Oslo Norway\n", "a list of analogy questions"),
    (b"the 3 0 17\nof 2 5 11\n", "a table with whole numbers"),
    (b"".join(b"w%d 0.%d %d\n" % (i, i, 9 - i) for i in range(10)), "a table with whole numbers"),
    (b"0.5\t1.5\n2\t-3\n", "holds numbers and no words"),
    (b"1 0.5 1.5\n2 2 -3\n", "holds numbers and no words"),
    (b"the,0.5,1\nof,2,0.25\n", "a table with commas"),
    (b"word,a,b\nthe,0.5,1\n", "a table with commas"),
    (b"the, 0.5, 1\nof, 2, 0.25\n", "a table with commas"),
    (b"the;0.5;1\n", "a table with semicolons"),
    (b"the 0,5 1,25\nof 2,1 0,25\n", "decimal commas"),
    (b"\n<!DOCTYPE html>\n<html><body>Log in</body></html>\n", "an HTML page, such as one to log"),
    (b"<?xml version='1.0'?>\n<error/>\n", "XML"),
    (b'{"the": [0.1, 0.2]}', "JSON"), (b'[\n  {"word": "the"}\n]\n', "JSON"),
    (b'{"words": ["' + b"a" * 7_000_000, "JSON"),
    (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "Git LFS"),
    (b"the quick brown fox\njumps over\n", "text without vectors"),
    (b"the\nof\n", "text without vectors"),
    (b"\x93\x00\x01\x02", "neither text nor word2vec binary"),
    (struct.pack("<12id", 10, 5, 5, 5, 5, 1, 2, 2, 1000, 3, 6, 10_000, 1e-4), "a fastText model"),
    (saved(np.eye(2)), "a NumPy array, which has no words"),
    (b"\x89HDF\r\n\x1a\n\0", "an HDF5 file"),
    ("the 0.5 1\n".encode("utf-16"), "text in UTF-16"),
    (tar_of(b"the 0.5 1\n"), "a tar archive; unpack it"),
    (functools.reduce(lambda content, _: gzip.compress(content, mtime=0), range(9), b"the 0.5 1\n"),
     "packed more than 3 times over"),
])
def test_other_files_are_named_for_what_they_are(tmp_path, content, reason):
    assert reason in refusal(tmp_path / "v", content)


class Tripwire:
    def __reduce__(self):
        return (pytest.fail, ("it was unpickled",))


@pytest.mark.parametrize("protocol", range(6))
def test_a_pickle_is_named_and_never_opened(tmp_path, protocol):
    assert "a Python pickle as gensim's" in refusal(
        tmp_path / "v.kv", pickle.dumps({"vectors": Tripwire()}, protocol))


def test_the_files_of_gensim_models_are_named(tmp_path):
    models = pytest.importorskip("gensim.models")
    model = models.Word2Vec([["a", "b"]] * 9, vector_size=2, min_count=1)
    model.save(str(tmp_path / "m.model"), separately=["vectors"], sep_limit=0)
    model.wv.save(str(tmp_path / "m.kv"), separately=["vectors"], sep_limit=0)
    for name in ("m.model", "m.kv"):
        assert "a Python pickle of gensim; opening one can run code" in refusal(
            tmp_path / name, (tmp_path / name).read_bytes())
    arrays = list(tmp_path.glob("m.*.npy"))
    assert arrays
    for array in arrays:
        assert "m." in refusal(array, array.read_bytes()).split("is part of")[1]


def test_parts_of_a_folder_of_vectors_lead_to_the_folder(tmp_path):
    (tmp_path / "vocabulary.txt").write_text("the 5\nof 3\n")
    array = refusal(tmp_path / "input_vectors.npy", saved(np.eye(2)))
    words = refusal(tmp_path / "vocabulary.txt", b"the 5\nof 3\n")
    assert f"give the folder {tmp_path}" in array and f"give the folder {tmp_path}" in words


def test_a_line_with_words_and_values_makes_vectors_of_a_table(tmp_path):
    (tmp_path / "v").write_bytes(b"2 3\n1 3 0 17\n2 2 5 11\n")
    words, vectors = read_vectors(tmp_path / "v")
    assert words == ["1", "2"] and vectors.tolist() == [[3, 0, 17], [2, 5, 11]]


def test_who_says_that_there_is_no_header_is_believed(tmp_path):
    (tmp_path / "v").write_bytes(b"7 2\n9 3\n")
    words, vectors = read_vectors(tmp_path / "v", ReadOptions(header=False))
    assert words == ["7", "9"] and vectors.tolist() == [[2], [3]]
    assert "does not begin with the line 'words dim'" in refusal(
        tmp_path / "v", b"a 0.5 1\n", header=True)


def test_few_values_without_a_header_are_read_and_said(tmp_path, capsys):
    (tmp_path / "v").write_bytes(b"a 0.5 1.5\nb 2 3\n")
    assert read_vectors(tmp_path / "v")[0] == ["a", "b"]
    assert "has no header, and its lines are read as words with vectors of 2 values" in (
        capsys.readouterr().err)
    (tmp_path / "v").write_bytes(b"a" + b" 0.5" * 10 + b"\n")
    read_vectors(tmp_path / "v")
    assert capsys.readouterr().err == ""


def test_the_dimension_is_that_of_most_rows(tmp_path):
    rows = b"a 0.5\n" + b"b 0.5 1.5\nc 0.25 2\n"
    assert "line 1: 1 value where 2 are expected" in refusal(tmp_path / "v", rows)
