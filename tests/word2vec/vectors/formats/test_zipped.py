import gzip
import zipfile

import numpy as np
import pytest

from tests.word2vec.conftest import refusal
from word2vec.vectors.formats.vector_files import read_vectors

GLOVE = b"".join(b"%s" % word + b" 0.5" * 10 + b"\n" for word in (b"the", b"of"))


def zipped(path, **members: bytes):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return path


@pytest.mark.parametrize("members", [
    {"glove__txt": GLOVE}, {"README": b"read me\n", "glove__txt": GLOVE},
    {"README": b"read me\n", "glove__txt__gz": gzip.compress(GLOVE)},
    {"._glove__txt": b"\0\5", "glove__txt": GLOVE}])
def test_the_only_file_of_vectors_is_read(tmp_path, members):
    assert read_vectors(zipped(tmp_path / "v.zip", **members))[0] == ["the", "of"]


def test_one_of_several_is_chosen_by_its_name(tmp_path):
    path = zipped(tmp_path / "v.zip", a__txt=GLOVE, b__txt=GLOVE.replace(b"the", b"an"))
    assert f"holds 2 files of word vectors, a.txt, b.txt; choose one as {path}/a.txt" in refusal(
        path)
    assert read_vectors(path / "b.txt")[0] == ["an", "of"]
    assert "no member 'c.txt'; did you mean" in refusal(path / "c.txt")


def test_archives_without_vectors_name_what_they_hold(tmp_path):
    path = tmp_path / "v.zip"
    assert "without a file of word vectors; it holds a.txt, b.txt" in refusal(
        zipped(path, a__txt=b"dear diary\n", b__txt=b"x\n"))
    assert f"{path}/a.txt is text without vectors" in refusal(zipped(path, a__txt=b"dear diary\n"))
    assert "it holds nothing" in refusal(zipped(path))
    np.savez(tmp_path / "v.npz", words=np.array(["a"]), matrix=np.eye(1))
    assert "a NumPy archive of the arrays words.npy, matrix.npy" in refusal(tmp_path / "v.npz")


def test_a_damaged_archive_is_one_sentence(tmp_path):
    path = zipped(tmp_path / "v.zip", a__txt=GLOVE)
    content = path.read_bytes()
    path.write_bytes(content[:40])
    assert "cannot be unpacked" in refusal(path)
    path.write_bytes(content.replace(content[40:44], b"\xff\xff\xff\xff"))
    assert "cannot be unpacked" in refusal(path)


def test_names_out_of_an_archive_keep_the_sentence_short_and_on_one_line(tmp_path):
    path = zipped(tmp_path / "v.zip", **{"a\nb" + "c" * 9999: b"x\n", "b": b"y\n"})
    assert "\n" not in refusal(path) and len(refusal(path)) < 400
