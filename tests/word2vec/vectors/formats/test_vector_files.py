import gzip
import itertools
import os
import threading
import tracemalloc

import numpy as np
import pytest

from tests.word2vec.conftest import refusal
from word2vec.vectors.formats import vector_reader
from word2vec.vectors.formats.read_options import ReadOptions
from word2vec.vectors.formats.vector_files import (
    read_vectors,
    refuse_place,
    write_folder,
    write_vectors,
)
from word2vec.vectors.vectors import WordVectors, load_vectors
from words_and_images.common.errors import UserError

WORDS = ["the", "naïve", "東京", "x"]
EXTREMES = np.array([[0.1, -1 / 3, 3.4028235e38], [1e-45, 1.17549435e-38, 16777217],
                     [0, -0.0, 1], [2, 3, 4]], np.float32)


def records(*rows: tuple[bytes, list[float]], end: bytes = b"\n") -> bytes:
    return b"".join(word + b" " + np.array(values, "<f4").tobytes() + end for word, values in rows)


@pytest.mark.parametrize("name", ["v.txt", "v.bin", "v.txt.gz", "v.bin.gz"])
def test_what_is_written_comes_back_to_the_bit(tmp_path, name):
    write_vectors(tmp_path / name, WORDS, EXTREMES)
    words, vectors = read_vectors(tmp_path / name)
    assert words == WORDS
    assert vectors.dtype == np.float32 and vectors.tobytes() == EXTREMES.tobytes()


def test_random_bits_survive_as_text(tmp_path):
    bits = np.random.default_rng(5).integers(0, 2**32, 30_000, np.uint32).view(np.float32)
    vectors = np.where(np.isfinite(bits), bits, np.float32(1)).reshape(-1, 10)
    write_vectors(tmp_path / "v.txt", [f"w{i}" for i in range(len(vectors))], vectors)
    assert read_vectors(tmp_path / "v.txt")[1].tobytes() == vectors.tobytes()


@pytest.mark.parametrize("name, binary", [("v.txt", False), ("v.bin", True), ("v.bin.gz", True)])
def test_gensim_and_this_project_read_each_other(tmp_path, name, binary):
    gensim = pytest.importorskip("gensim.models")
    path = tmp_path / name
    write_vectors(path, WORDS, EXTREMES)
    keyed = gensim.KeyedVectors.load_word2vec_format(str(path), binary=binary)
    assert keyed.index_to_key == WORDS and keyed.vectors.tobytes() == EXTREMES.tobytes()
    keyed.save_word2vec_format(str(path), binary=binary)
    words, vectors = read_vectors(path)
    assert words == WORDS and vectors.tobytes() == EXTREMES.tobytes()


# The layouts of files that word2vec.c, fastText, GloVe and gensim wrote, to the byte.
PEERS = {
    "word2vec.c text": b"2 2\n</s> 0.020013 -0.001110 \nthe -0.010545 0.040044 \n",
    "word2vec.c binary": b"2 2\n" + records((b"</s>", [0.5, -2]), (b"the", [1.25, 3])),
    "fastText .vec": b"2 2\nthe 0.15367 1.056 \n\xc2\xa0 -0.095299 0.1446 \n",
    "GloVe": b"the 0.418 0.24968\n, 0.013441 0.23682\n",
    "GloVe 840B": b"the 0.418 0.24968\n. . . 0.013441 0.23682\nat name@domain.com 1 -2e-05\n",
    "gensim text": b"2 2\nthe 0.5 -2.0\nna\xc3\xafve 1.25 3e-05\n",
    "gensim binary": b"2 2\n" + records((b"the", [0.5, -2]), (b"na\xc3\xafve", [1.25, 3]), end=b""),
    "a byte order mark": b"\xef\xbb\xbf2 2\nthe 0.5 -2.0\nof 1 2\n",
    "Windows": b"2 2\r\nthe 0.5 -2.0\r\nof 1 2\r\n",
}
PEERS_WORDS = {
    "word2vec.c text": ["</s>", "the"], "word2vec.c binary": ["</s>", "the"],
    "fastText .vec": ["the", "\xa0"], "GloVe": ["the", ","],
    "GloVe 840B": ["the", ". . .", "at name@domain.com"], "gensim text": ["the", "naïve"],
    "gensim binary": ["the", "naïve"], "a byte order mark": ["the", "of"], "Windows": ["the", "of"],
}


@pytest.mark.parametrize("peer", PEERS)
def test_the_files_of_peers_load(tmp_path, peer):
    path = tmp_path / "v"
    path.write_bytes(PEERS[peer])
    words, vectors = read_vectors(path)
    assert words == PEERS_WORDS[peer] and vectors.shape == (len(words), 2)
    if "binary" in peer:
        assert vectors.tolist() == [[0.5, -2], [1.25, 3]]
    else:
        values = [line.split()[-2:] for line in PEERS[peer].splitlines()[-len(words):]]
        assert vectors.tolist() == np.float32(values).tolist()


@pytest.mark.parametrize("value", [b"\n..\x3f", b"a\n.\x3f", b"ab\n\x3f", b" a\n\x3f", b"    "])
def test_floats_that_begin_like_text_do_not_hide_a_binary(tmp_path, value):
    first = [np.frombuffer(value, "<f4")[0], 0.25]
    (tmp_path / "v").write_bytes(b"2 2\n" + records((b"a", first), (b"b", [1, 2])))
    assert read_vectors(tmp_path / "v")[1].tolist() == [first, [1, 2]]


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_binary_is_read_with_and_without_line_feeds(tmp_path, end):
    path = tmp_path / "vectors"
    path.write_bytes(b"2 3\n" + records((b"a", [1, 2, 3]), (b"b", [4, 5, 6]), end=end))
    words, vectors = read_vectors(path)
    assert words == ["a", "b"] and vectors.tolist() == [[1, 2, 3], [4, 5, 6]]


def test_binary_floats_that_look_like_separators_are_no_separators(tmp_path):
    tricky = np.frombuffer(b"\n\n\n\n    \n \n ", "<f4").tolist()
    path = tmp_path / "vectors"
    path.write_bytes(b"2 3\n" + records((b"a", tricky), (b"b", tricky)))
    words, vectors = read_vectors(path)
    assert words == ["a", "b"] and vectors[1].tolist() == tricky


def test_binary_records_may_straddle_the_blocks_that_are_read(tmp_path, monkeypatch):
    vectors = np.random.default_rng(0).normal(size=(50, 7)).astype(np.float32)
    write_vectors(tmp_path / "v.bin", [f"word{i}" for i in range(50)], vectors)
    for size in (1, 13, 64):
        monkeypatch.setattr(vector_reader, "BLOCK_BYTES", size)
        read = read_vectors(tmp_path / "v.bin", ReadOptions(binary=True))
        assert read[0][-1] == "word49" and read[1].tobytes() == vectors.tobytes()


def test_glove_text_needs_no_header_and_may_have_blanks_in_words(tmp_path):
    (tmp_path / "glove.txt").write_text("the 0.5 1\n. . . 2 3\n", encoding="utf-8")
    words, vectors = read_vectors(tmp_path / "glove.txt")
    assert words == ["the", ". . ."] and vectors.tolist() == [[0.5, 1], [2, 3]]


def test_text_of_word2vec_c_ends_its_lines_with_a_blank(tmp_path):
    (tmp_path / "v").write_bytes(b"2 2\na 1 2 \nb 3 4 \n")
    assert read_vectors(tmp_path / "v")[1].tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize("name", ["v.txt", "v.bin", "v.txt.gz"])
def test_a_limit_reads_no_further(tmp_path, name):
    write_vectors(tmp_path / name, WORDS, EXTREMES)
    assert read_vectors(tmp_path / name, ReadOptions(limit=2))[0] == WORDS[:2]
    assert read_vectors(tmp_path / name, ReadOptions(limit=99))[0] == WORDS
    with pytest.raises(UserError, match="limit is 0"):
        ReadOptions(limit=0)


@pytest.mark.parametrize("content", [
    b"3 1\na 1\nb 2\na 3\n", b"3 1\n" + records((b"a", [1]), (b"b", [2]), (b"a", [3]))])
def test_the_first_of_repeated_words_counts_and_the_rest_is_told(tmp_path, capsys, content):
    (tmp_path / "v").write_bytes(content)
    words, vectors = read_vectors(tmp_path / "v")
    assert words == ["a", "b"] and vectors.tolist() == [[1], [2]]
    assert "left out 1 repeated word, first 'a' in" in capsys.readouterr().err


def test_a_header_that_promises_another_count_is_refused_with_the_line(tmp_path):
    path = tmp_path / "v.txt"
    assert "line 4: the file ends after 2 of the 3 rows" in refusal(path, b"3 1\na 1\nb 2\n")
    assert "line 3: a row more than the 1" in refusal(path, b"1 1\na 1\nb 2\n")
    assert "line 6: a row more than the 1" in refusal(path, b"1 1\na 1\n\n \n\nb 2\n")


def test_a_header_that_promises_another_dimension_is_refused_with_the_line(tmp_path):
    path = tmp_path / "v.txt"
    assert "line 2: 2 values where 3" in refusal(path, b"2 3\na 1 2\nb 3 4\n")
    assert "line 2: 2 values where 1 is" in refusal(path, b"2 1\na 1 2\nb 3 4\n")


def test_a_cut_line_is_refused_or_told(tmp_path, capsys):
    path = tmp_path / "v.txt"
    assert "line 3: 1 value where 2 are" in refusal(path, b"2 2\na 1 2\nb 3\n")
    assert "line 2: 0 values where 2" in refusal(path, b"a 1.5 2\n\nb 3 4\n")
    path.write_bytes(b"2 2\na 1 2\nb 3 4.")
    read_vectors(path)
    assert "line 3: the last line has no line feed" in capsys.readouterr().err


def test_values_that_are_no_finite_numbers_are_refused_with_their_place(tmp_path):
    path = tmp_path / "v"
    assert "line 3: the value 'x7' is no number" in refusal(path, b"2 2\na 1 2\nb 3 x7\n")
    for value in (b"nan", b"-inf", b"1e39"):
        assert "line 3: the vector of 'b'" in refusal(path, b"2 1\na 1\nb " + value + b"\n")
    binary = b"2 1\n" + records((b"a", [1]), (b"b", [np.nan]))
    assert "byte 11: the vector of 'b'" in refusal(path, binary)


def test_words_that_are_not_utf8_are_refused_with_their_place(tmp_path):
    path = tmp_path / "v"
    assert "line 3: the word b'\\xe9t\\xe9' is not UTF-8" in refusal(
        path, b"2 1\na 1\n\xe9t\xe9 2\n")
    assert "byte 11" in refusal(path, b"2 1\n" + records((b"a", [1]), (b"\xe9", [2])))


def test_binary_files_that_lie_are_refused_with_the_byte(tmp_path):
    path = tmp_path / "v.bin"
    two = records((b"a", [1, 0]), (b"b", [3, 0]))
    assert "byte 25: the file ends after 2 of the 3" in refusal(path, b"3 2\n" + two)
    assert "byte 14: the file ends after 1 of the 2" in refusal(path, b"2 2\n" + two[:-4])
    assert "byte 14: more than the 1 vector of" in refusal(path, b"1 2\n" + two)
    assert "the header's dimension" in refusal(
        path, b"9 2\n" + two + bytes(vector_reader.LONGEST_WORD + 1))


@pytest.mark.parametrize("header", [
    b"0 5", b"5 0", b"3 999999999999", b"999999999999999999 999999999999999999", b"-1 5", b"5 -1",
    b"1000000000000000000000000 5", b"5 " + b"9" * 5000])
def test_absurd_headers_are_refused(tmp_path, header):
    assert "line 1: the header says" in refusal(tmp_path / "v", header + b"\na 1\n")


@pytest.mark.parametrize("rest", [b"a 1 2\n", records((b"a", [1, 0]))])
def test_memory_is_never_taken_on_the_headers_word(tmp_path, rest):
    # 4 exabytes if it were
    assert "the file ends after 1 of" in refusal(tmp_path / "v", b"500000000000000000 2\n" + rest)


@pytest.mark.parametrize("beginning", [b"", b"5 3\n", b"5 3\nword ", b"5 3\nword 1 2 "])
@pytest.mark.parametrize("chunk", [b"a", b" 1", b"1", b" ", b"\0"])
def test_a_line_without_end_is_refused_in_little_memory(tmp_path, beginning, chunk):
    (tmp_path / "v.gz").write_bytes(gzip.compress(beginning + chunk * (1 << 25)))
    tracemalloc.start()
    with pytest.raises(UserError, match=r"(line|byte) \d+: |text"):
        read_vectors(tmp_path / "v.gz")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 24 << 20


def test_words_with_zero_bytes_are_refused_with_their_place(tmp_path):
    path = tmp_path / "v"
    assert "line 3: the word b'b\\x00' holds a zero byte" in refusal(path, b"2 1\na 1\nb\0 2\n")
    assert "byte 11: the word" in refusal(
        path, b"2 1\n" + records((b"a", [1]), (b"b\0", [2])), binary=True)


def test_numbers_that_only_python_reads_are_refused(tmp_path):
    assert "line 3: the value '1_0' is no number" in refusal(
        tmp_path / "v", b"2 1\na_b 1\nc_d 1_0\n")


def test_what_memory_cannot_hold_is_one_sentence(tmp_path, monkeypatch):
    def exhausted(*_):
        raise MemoryError

    monkeypatch.setattr(vector_reader, "_read_text", exhausted)
    assert "more than there is memory for" in refusal(tmp_path / "v", b"1 1\na 1\n")


def test_what_is_no_file_of_vectors_is_refused(tmp_path):
    path = tmp_path / "v"
    assert "neither text nor word2vec binary" in refusal(path, b"\x89PNG\n\x1a\n\0")
    assert "v is empty" in refusal(path, b"")
    assert "neither text" in refusal(path, b"\n\n")
    assert "is text in UTF-16; make UTF-8 of it" in refusal(path, "2 1\na 1\n".encode("utf-16"))
    assert "does not begin with the line 'words dim'" in refusal(path, b"a 1 2\n", binary=True)
    assert "cannot be read to its end" in refusal(path, gzip.compress(b"2 1\na 1\nb 2\n" * 99)[:-9])
    with pytest.raises(UserError, match="cannot be read"):
        read_vectors(tmp_path)


def test_equal_vectors_are_packed_to_equal_bytes(tmp_path):
    for name in ("a.bin.gz", "b.bin.gz"):
        write_vectors(tmp_path / name, WORDS, EXTREMES)
    assert (tmp_path / "a.bin.gz").read_bytes() == (tmp_path / "b.bin.gz").read_bytes()


def test_words_that_the_formats_cannot_hold_are_refused(tmp_path):
    for name, word in itertools.product(
            ("v.txt", "v.bin", "v.tsv", "v.safetensors"), ("", "line\nfeed", "half\ud83d")):
        if (name, word) != ("v.safetensors", ""):
            with pytest.raises(UserError, match="cannot hold|half a character"):
                write_vectors(tmp_path / name, [word], EXTREMES[:1])
    for name, word in (("v.bin", "new york"), ("v.txt", " x"), ("v.txt", "x\t"), ("v.tsv", "a\tb")):
        with pytest.raises(UserError, match="cannot hold"):
            write_vectors(tmp_path / name, [word], EXTREMES[:1])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["v.txt", "v.bin", "v.tsv", "folder"])
def test_values_that_no_reader_would_take_back_are_not_written(tmp_path, name):
    bad = np.float32([[1, 2], [np.nan, 1]])
    with pytest.raises(UserError, match="the vector of 'b' holds a value that is not finite"):
        if name == "folder":
            write_folder(tmp_path / name, ["a", "b"], bad, None, {})
        else:
            write_vectors(tmp_path / name, ["a", "b"], bad)
    assert not list(tmp_path.iterdir())


def test_a_folder_holds_what_it_was_given(tmp_path):
    words = ["the", "new york", "x\x85y", "東京"]
    write_folder(tmp_path / "v", words, EXTREMES, None, {"converted_from": "there"})
    vectors = load_vectors(tmp_path / "v")
    assert vectors.index_to_key == words and vectors.counts is None
    assert vectors.vectors.tobytes() == EXTREMES.tobytes()
    write_folder(tmp_path / "v", words, EXTREMES, np.array([9, 7, 7, 1]), {})
    assert load_vectors(tmp_path / "v").counts.tolist() == [9, 7, 7, 1]
    with pytest.raises(UserError, match="a list of lines cannot hold"):
        write_folder(tmp_path / "v", ["a\nb", "c", "d", "e"], EXTREMES, None, {})


def test_a_name_without_extension_is_a_folders(tmp_path):
    assert not refuse_place(tmp_path / "vectors") and not refuse_place(tmp_path / "vectors-1.0")
    assert refuse_place(tmp_path / "v.bin")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "mother.jpg").write_text("dear")
    (tmp_path / "notes.txt").write_text("dear diary\n")
    for name, reason in (("photos", "other content"), ("notes.txt", "holds no word vectors")):
        with pytest.raises(UserError, match=reason):
            refuse_place(tmp_path / name)


def test_standard_output_and_pipes_are_no_targets(tmp_path):
    os.mkfifo(tmp_path / "v.txt")
    for place, reason in (("-", "- stands for standard output"),
                          (tmp_path / "v.txt", "v.txt is a pipe or a device")):
        with pytest.raises(UserError, match=reason):
            refuse_place(place)


def test_unknown_extensions_and_folders_are_no_targets(tmp_path):
    for name in ("v.gz", "v.glove", "v.tsv.gz"):
        with pytest.raises(UserError, match="does not say its format"):
            write_vectors(tmp_path / name, WORDS, EXTREMES)
    (tmp_path / "v.bin").mkdir()
    with pytest.raises(UserError, match="is a folder"):
        write_vectors(tmp_path / "v.bin", WORDS, EXTREMES)


def test_the_projector_gets_values_and_words(tmp_path):
    write_vectors(tmp_path / "v.tsv", ["a", "b"], np.float32([[1, 0.5], [2, 3]]))
    assert (tmp_path / "v.tsv").read_text() == "1\t0.5\n2\t3\n"
    assert (tmp_path / "v_words.tsv").read_text() == "a\nb\n"


def test_the_projector_gets_what_gensims_script_writes(tmp_path):
    script = pytest.importorskip("gensim.scripts.word2vec2tensor")
    WordVectors(WORDS, EXTREMES).save_word2vec_format(tmp_path / "v.bin", binary=True)
    script.word2vec2tensor(str(tmp_path / "v.bin"), str(tmp_path / "theirs"), binary=True)
    write_vectors(tmp_path / "ours.tsv", WORDS, EXTREMES)
    ours, theirs = (np.loadtxt(tmp_path / name, np.float32)
                    for name in ("ours.tsv", "theirs_tensor.tsv"))
    assert ours.tobytes() == theirs.tobytes()
    assert (tmp_path / "ours_words.tsv").read_text() == (
        tmp_path / "theirs_metadata.tsv").read_text()


def test_word_vectors_save_and_load_themselves(tmp_path):
    WordVectors(WORDS, EXTREMES).save_word2vec_format(tmp_path / "anything", binary=True)
    again = WordVectors.load_word2vec_format(tmp_path / "anything", binary=True)
    assert again.index_to_key == WORDS and again.vectors.tobytes() == EXTREMES.tobytes()


LATIN = b"4 2\n\xe9t\xe9 0.5 1\n\xe8t\xe8 0.25 1\nt 3 4\n\xe9 1 2\n"


@pytest.mark.parametrize("options, words, rows, told", [
    ({"errors": "replace"}, ["\ufffdt\ufffd", "t", "\ufffd"], [0, 2, 3],
     ["3 words with bytes that are not UTF-8, first '\ufffdt\ufffd' in line 2; these bytes are "
      "replaced by U+FFFD", "left out 1 word, equal to an earlier one but for such bytes, first "
      "'\ufffdt\ufffd' in line 3"]),
    ({"errors": "ignore"}, ["t"], [0],
     ["3 words with bytes that are not UTF-8, first 't' in line 2; these bytes are left out",
      "left out 1 word, equal to", "left out 1 repeated word, first 't' in line 4",
      "left out 1 empty word, first '' in line 5"]),
    ({"encoding": "latin-1"}, ["été", "ètè", "t", "é"], [0, 1, 2, 3], []),
])
def test_words_of_another_encoding_are_read_as_wished_and_counted(
    tmp_path, capsys, options, words, rows, told
):
    (tmp_path / "v").write_bytes(LATIN)
    read, vectors = read_vectors(tmp_path / "v", ReadOptions(**options))
    all_rows = [[0.5, 1], [0.25, 1], [3, 4], [1, 2]]
    assert read == words and vectors.tolist() == [all_rows[row] for row in rows]
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == len(told)
    for sentence, line in zip(told, lines, strict=True):
        assert line.startswith("warning: ") and sentence in line
    (tmp_path / "v").write_bytes(b"1 1\n" + records((b"\xe9a", [2])))
    assert read_vectors(tmp_path / "v", ReadOptions(**options))[1].tolist() == [[2]]


@pytest.mark.parametrize("name, value, reason", [
    ("errors", "strickt", "errors is 'strickt'; did you mean strict?"),
    ("encoding", "latin-7x", "encoding is 'latin-7x'; did you mean latin"),
    ("encoding", "rot13", "a name that Python knows"), ("encoding", "utf-16", "bytes of their own"),
    ("limit", 0, "limit is 0"), ("limit", -1, "limit is -1"), ("limit", True, "limit is True"),
    ("limit", 2.5, "limit is 2.5")])
def test_options_that_cannot_be_are_refused(name, value, reason):
    with pytest.raises(UserError, match=reason):
        ReadOptions(**{name: value})
    with pytest.raises(UserError, match=reason):
        load_vectors("anywhere", **{name: value})


def test_a_word_that_is_not_utf8_is_refused_with_the_remedy(tmp_path):
    assert "--errors replace or --errors ignore" in refusal(tmp_path / "v", LATIN)
    assert "with the --encoding that it has" in refusal(tmp_path / "v", LATIN)


def test_folders_have_one_encoding(tmp_path):
    write_folder(tmp_path / "v", WORDS, EXTREMES, None, {})
    assert load_vectors(tmp_path / "v", encoding="utf8").index_to_key == WORDS
    with pytest.raises(UserError, match="encoding is 'latin-1'; it must be utf-8"):
        load_vectors(tmp_path / "v", encoding="latin-1")


@pytest.mark.parametrize("header", [b"3 2\n", b""])
@pytest.mark.parametrize("end", [b"\n", b" \n\n", b"\r\n"])
def test_blank_lines_may_end_a_text(tmp_path, header, end):
    (tmp_path / "v").write_bytes(header + b"a 0.5 1\nb 2 3\nc 4 5\n" + end)
    assert read_vectors(tmp_path / "v")[0] == ["a", "b", "c"]
    assert read_vectors(tmp_path / "v", ReadOptions(limit=2))[0] == ["a", "b"]


@pytest.mark.parametrize("content", [
    b"4 2\na 0.5 1\n 0.25 2\n  1 1\nb 2 3\n", b"a 0.5 1\n 0.25 2\n  1 1\nb 2 3\n",
    b"4 2\n" + records((b"a", [0.5, 1]), (b"", [1, 1]), (b"", [1, 2]), (b"b", [2, 3]))])
def test_empty_words_are_left_out_and_counted(tmp_path, capsys, content):
    (tmp_path / "v").write_bytes(content)
    words, vectors = read_vectors(tmp_path / "v")
    assert words == ["a", "b"] and vectors.tolist() == [[0.5, 1], [2, 3]]
    assert "left out 2 empty words, first '' in" in capsys.readouterr().err


def test_a_header_makes_words_of_blanks_and_numbers(tmp_path, capsys):
    content = b"5 2\nnew york 0.5 1\narea 51 0.25 2\n17 1 1\na  b 2 2\n3 4 5 6\n"
    (tmp_path / "v.txt").write_bytes(content)
    words, vectors = read_vectors(tmp_path / "v.txt")
    assert words == ["new york", "area 51", "17", "a  b", "3 4"]
    assert vectors.tolist() == [[0.5, 1], [0.25, 2], [1, 1], [2, 2], [5, 6]]
    assert "2 words with blanks and a number at the end, first 'area 51' in line 3" in (
        capsys.readouterr().err)
    write_vectors(tmp_path / "again.txt", words, vectors)
    assert (tmp_path / "again.txt").read_bytes() == content
    assert "4 words with white space, first 'new york'" in capsys.readouterr().err


def test_where_all_words_end_in_numbers_the_header_is_not_believed(tmp_path):
    path = tmp_path / "v.txt"
    rows = b"area 51 0.5 1\nroute 66 0.25 2\n"
    assert "line 2: 3 values where 2 are" in refusal(path, b"2 2\n" + rows)
    assert "line 2: 3 values where 2 are" in refusal(path, b"2 2\n" + rows, limit=1)
    path.write_bytes(b"3 2\n" + rows + b"london 1 1\n")
    assert read_vectors(path, ReadOptions(limit=1))[0] == ["area 51"]
    with pytest.raises(UserError, match="'area 51' ends in a number"):
        write_vectors(tmp_path / "w.txt", ["area 51", "route 66"], EXTREMES[:2])
    with pytest.raises(UserError, match="'area 51' ends in a number"):
        WordVectors(["area 51", "x"], EXTREMES[:2]).save_word2vec_format(
            tmp_path / "w.txt", write_header=False)


def test_blanks_in_binary_are_refused_and_not_read_as_values(tmp_path):
    content = b"2 3\n" + records((b"new york", [1, 2, 3]), (b"b", [4, 5, 6]), end=b"")
    assert "or a word has a blank" in refusal(tmp_path / "v", content, errors="replace")


def test_text_without_a_header_is_written_and_read(tmp_path):
    WordVectors(WORDS, EXTREMES).save_word2vec_format(tmp_path / "v.txt", write_header=False)
    assert (tmp_path / "v.txt").read_bytes().startswith(b"the 0.100000001 ")
    again = WordVectors.load_word2vec_format(tmp_path / "v.txt", no_header=True)
    assert again.index_to_key == WORDS and again.vectors.tobytes() == EXTREMES.tobytes()
    with pytest.raises(UserError, match="write_header is False"):
        WordVectors(WORDS, EXTREMES).save_word2vec_format(
            tmp_path / "v.bin", binary=True, write_header=False)


@pytest.mark.parametrize("name", ["v.TXT", "v.Bin.GZ", "v.txt.bz2", "v.vec.xz", "v.bin.zst",
                                  "v.TSV", "v.safetensors"])
def test_endings_are_told_whatever_their_case_and_packing(tmp_path, name):
    assert refuse_place(tmp_path / name)
    write_vectors(tmp_path / name, WORDS, EXTREMES)
    words, vectors = read_vectors(tmp_path / name)
    assert words == WORDS and vectors.tobytes() == EXTREMES.tobytes()
    assert refuse_place(tmp_path / name)  # it may be replaced


@pytest.mark.parametrize("name", ["wiki.en", "vectors.v2", "v.zip", "v.tsv.gz", "v.safetensors.gz"])
def test_an_unknown_ending_is_told_what_is_possible(tmp_path, name):
    with pytest.raises(UserError, match=r"does not say its format; .*\.txt, .*a slash behind it"):
        refuse_place(str(tmp_path / name))
    assert not refuse_place(f"{tmp_path / name}/")


def test_no_file_is_replaced_by_a_folder_and_no_table_by_vectors(tmp_path, monkeypatch):
    for name, content in (("taken", b"dear"), ("v.txt", b"the 500\nof 300\n"),
                          ("scores.txt", b"tom 2.5 1\nann 3 2.5\n"), ("v.bin", b"")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UserError, match="a folder is to be written|holds no word vectors"):
            refuse_place(tmp_path / name)
    write_folder(tmp_path / "mine", WORDS, EXTREMES, None, {})
    assert not refuse_place(tmp_path / "mine")
    monkeypatch.chdir(tmp_path / "mine")
    for name in (".", "../mine", tmp_path / "mine"):
        with pytest.raises(UserError, match="is or holds the folder that you are in"):
            refuse_place(name)


def test_folders_without_vectors_are_refused(tmp_path):
    write_folder(tmp_path / "v", WORDS, EXTREMES, None, {})
    (tmp_path / "v" / "vocabulary.txt").write_bytes(b"")
    np.save(tmp_path / "v" / "input_vectors.npy", EXTREMES[:0])
    with pytest.raises(UserError, match="v holds no vectors"):
        load_vectors(tmp_path / "v")


@pytest.mark.parametrize("name", ["v.txt", "v.bin", "v.txt.gz", "v.bin.zst"])
def test_a_pipe_is_read_once_and_never_sought(tmp_path, name):
    write_vectors(tmp_path / name, WORDS, EXTREMES)
    os.mkfifo(tmp_path / "pipe")
    content = (tmp_path / name).read_bytes()

    def trickle():
        with (tmp_path / "pipe").open("wb", buffering=0) as pipe:
            for start in range(0, len(content), 50):
                pipe.write(content[start : start + 50])

    writer = threading.Thread(target=trickle)
    writer.start()
    words, vectors = read_vectors(tmp_path / "pipe")
    writer.join()
    assert words == WORDS and vectors.tobytes() == EXTREMES.tobytes()
