import bz2
import gzip
import os
import zipfile
from contextlib import contextmanager

import pytest

from word2vec.corpus.documents import sources as corpus
from word2vec.corpus.documents import text
from word2vec.corpus.documents.sources import collect_corpus, documents
from word2vec.corpus.documents.text import lines, text_files
from word2vec.parameters import CorpusParameters
from words_and_images.common import catalogue
from words_and_images.common.catalogue import Source
from words_and_images.common.errors import UserError


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def tokens(path):
    return [word for line in lines(path) for word in line.split()]


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress])
def test_files_are_told_plain_gzip_or_bzip2_by_their_content(tmp_path, pack):
    path = write(tmp_path / "no_suffix", pack(b"one\ntwo words\n"))
    assert list(lines(path)) == ["one", "two words"]


@pytest.mark.parametrize("text", ["BZ is a German paper\n", "B\n", ""])
def test_a_plain_text_may_begin_like_a_packed_one(tmp_path, text):
    path = write(tmp_path / "a.txt", text)
    assert "\n".join(lines(path)) == text.removesuffix("\n")


@pytest.mark.parametrize("source", ["texts", "texts/**/*.txt"])
def test_links_to_folders_elsewhere_are_named_and_not_followed(
        tmp_path, monkeypatch, capsys, source):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "texts" / "in" / "a.txt", "inside")
    write(tmp_path / "elsewhere" / "b.txt", "outside")
    (tmp_path / "texts" / "out").symlink_to(tmp_path / "elsewhere")
    assert [*documents(source)] == ["inside"]
    assert f"passed over links that lead out of {source}: texts/out\n" in capsys.readouterr().err


def test_bytes_that_are_no_utf_8_are_replaced_and_said_to_be(tmp_path, capsys):
    path = write(tmp_path / "a.txt", b"caf\xe9 noir\n" * 2)
    assert [*documents(str(path))][:2] == ["caf\ufffd noir"] * 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "a.txt: 2 of 20 bytes (10 %) are not UTF-8" in said


def test_a_replacement_character_of_the_text_itself_is_no_reason_to_speak(tmp_path, capsys):
    assert list(lines(write(tmp_path / "a.txt", "caf\ufffd"))) == ["caf\ufffd"]
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress])
def test_a_mark_at_the_beginning_tells_the_encoding_and_is_no_text(tmp_path, encoding, pack):
    path = write(tmp_path / "a.txt", pack("Das Maß\n東京\n".encode(encoding)))
    assert list(lines(path)) == ["Das Maß", "東京"]


@pytest.mark.parametrize("codec, mark", [
    ("utf-16-be", b"\xfe\xff"), ("utf-32-be", b"\0\0\xfe\xff")])
def test_the_mark_tells_the_order_of_the_bytes_too(tmp_path, codec, mark):
    path = write(tmp_path / "a.txt", mark + "one\n東京".encode(codec))
    assert list(lines(path)) == ["one", "東京"]


def test_a_mark_behind_white_space_is_no_text_either(tmp_path):
    assert tokens(write(tmp_path / "a.txt", " \n\n \ufeffword two")) == ["word", "two"]
    with pytest.raises(UserError, match="b.txt holds no text"):
        collect_corpus(str(write(tmp_path / "b.txt", " \n\ufeff\n")), tmp_path / "corpus.txt")


def test_utf_16_without_its_mark_is_no_text(tmp_path):
    with pytest.raises(UserError, match=r"a\.txt holds zero bytes as utf-16-le .*--encoding"):
        list(documents(str(write(tmp_path / "a.txt", ("one two " * 50).encode("utf-16-le")))))


@pytest.mark.parametrize("cut", range(8, 20))
def test_a_line_without_white_space_is_cut_between_characters(tmp_path, monkeypatch, cut):
    monkeypatch.setattr(text, "LONGEST_LINE", cut)
    content = "東京é𝄞a" * 50
    pieces = list(lines(write(tmp_path / "a.txt", content)))
    assert "".join(pieces) == content and len(pieces) > 3


def test_lines_of_millions_of_bytes_are_read_in_pieces(tmp_path):
    words = " ".join(f"w{i * i % 99_991}" for i in range(500_000))
    path = write(tmp_path / "a.txt", f"{words}\nlast line")
    pieces = list(lines(path))
    assert max(map(len, pieces)) <= 2 * text.LONGEST_LINE and len(pieces) > 3
    assert " ".join(" ".join(pieces).split()) == f"{words} last line"


def test_a_folder_is_all_its_visible_files_in_order(tmp_path):
    for name in ("b.txt", "a.txt", "deep/c.txt", ".hidden", ".git/d.txt"):
        write(tmp_path / name, name)
    found = [path.relative_to(tmp_path).as_posix() for path in text_files(str(tmp_path))]
    assert found == ["a.txt", "b.txt", "deep/c.txt"]


def test_a_folder_below_a_hidden_one_is_read_when_it_is_named(tmp_path):
    write(tmp_path / ".texts/books/a.txt", "a")
    assert len(text_files(str(tmp_path / ".texts/books"))) == 1


def test_a_glob_is_its_files_in_order(tmp_path):
    for name in ("b.txt", "a.txt", "c.md", "deep/d.txt"):
        write(tmp_path / name, f"text of {name}")
    (tmp_path / "folder.txt").mkdir()
    assert list(documents(f"{tmp_path}/*.txt")) == ["text of a.txt", "text of b.txt"]
    assert [path.name for path in text_files(f"{tmp_path}/**/*.txt")] == ["a.txt", "b.txt", "d.txt"]


def test_a_file_whose_name_looks_like_a_glob_is_a_file(tmp_path):
    path = write(tmp_path / "[draft].txt", "text")
    assert text_files(str(path)) == [path]


@pytest.mark.parametrize("separator", [b" ", b"\t"])
@pytest.mark.parametrize("longest", [8, 9, 10, 11, 64])
def test_an_overlong_line_is_cut_at_white_space_without_losing_or_merging_words(
    tmp_path, monkeypatch, separator, longest
):
    monkeypatch.setattr(text, "LONGEST_LINE", longest)
    words = [b"w%d" % (7**i % 10_007) for i in range(200)]
    path = write(tmp_path / "a.txt", separator.join(words) + b"\nnext line\n" + words[0])
    assert tokens(path) == [*(word.decode() for word in words), "next", "line", "w1"]
    assert max(len(line) for line in lines(path)) <= 2 * longest
    assert len(list(lines(path))) > 3


def test_lines_shorter_than_the_longest_are_left_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(text, "LONGEST_LINE", 12)
    path = write(tmp_path / "a.txt", "one two\nthree four\nfive\n")
    assert list(lines(path)) == ["one two", "three four", "five"]


def test_a_word_longer_than_the_longest_document_does_not_fill_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(text, "LONGEST_LINE", 8)
    path = write(tmp_path / "a.txt", "x" * 100)
    assert "".join(lines(path)) == "x" * 100
    assert max(map(len, lines(path))) <= 16


def damaged(content):
    """The same with fifty bytes of its middle overwritten."""
    middle = len(content) // 2
    return content[:middle] + b"\xff" * 50 + content[middle + 50 :]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress])
@pytest.mark.parametrize("harm", [lambda content: content[: len(content) // 2], damaged])
def test_a_packed_file_that_is_cut_short_or_damaged_is_one_sentence(tmp_path, pack, harm):
    text = b"".join(b"%d " % (i * i % 9973) for i in range(20_000))
    path = write(tmp_path / "a.txt", harm(pack(text)))
    with pytest.raises(UserError, match=f"{path} cannot be read to its end"):
        list(lines(path))


def test_a_file_that_cannot_be_opened_is_one_sentence(tmp_path, monkeypatch):
    path = write(tmp_path / "a.txt", "text")

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "open", refuse)
    with pytest.raises(UserError, match=r"a\.txt cannot be read .*Permission denied"):
        list(lines(path))


def test_a_collected_corpus_is_a_document_a_line_with_its_record(tmp_path):
    source = write(tmp_path / "mine.txt", "  one\ttwo \n\n \nthree\u00a0four\r\n")
    target = tmp_path / "out" / "corpus.txt"
    record = collect_corpus(str(source), target)
    assert target.read_text(encoding="utf-8") == "one two\nthree four\n"
    assert record == {"source": str(source), "documents": 2, "bytes": 19, "origins": []}


@pytest.mark.parametrize("text", ["", " \n\n\t\n"])
def test_a_corpus_without_text_is_refused_and_leaves_the_old_one(tmp_path, text):
    source = write(tmp_path / "mine.txt", text)
    target = write(tmp_path / "out" / "corpus.txt", "old\n")
    with pytest.raises(UserError, match=r"mine\.txt holds no text"):
        collect_corpus(str(source), target)
    assert target.read_text() == "old\n"
    assert [path.name for path in target.parent.iterdir()] == ["corpus.txt"]


def test_an_empty_folder_is_told_as_such(tmp_path):
    (tmp_path / "texts").mkdir()
    with pytest.raises(UserError, match="texts holds no text"):
        collect_corpus(str(tmp_path / "texts"), tmp_path / "corpus.txt")


def test_a_source_that_is_neither_path_nor_name_is_answered_with_near_names(tmp_path):
    with pytest.raises(UserError, match="'embeded' is neither a path .* did you mean embedded"):
        collect_corpus("embeded", tmp_path / "corpus.txt")
    with pytest.raises(UserError, match="'simlex999' is neither"):
        list(documents("simlex999"))  # in the catalogue, but no corpus
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def sources(tmp_path, monkeypatch):
    """A catalogue of two small corpora, one in a wheel and one behind a URL, and of both."""
    with zipfile.ZipFile(tmp_path / "tiny.whl", "w") as archive:
        archive.writestr("tiny/b.txt", "second\nfile")
        archive.writestr("tiny/a.txt", "first file")
    with zipfile.ZipFile(tmp_path / "text.zip", "w") as archive:
        archive.writestr("text", "line one\nline two\n")
    known = {
        "carried": Source("carried", "corpus", "in a wheel", "MIT", "A. Author",
                          wheel="tiny.whl", files=("tiny/*.txt",), reader="text"),
        "linked": Source("linked", "corpus", "behind a URL", "CC0", urls=("u",),
                         reader="zipped_text"),
        "both": Source("both", "collection", "", "", members=("linked", "carried")),
    }
    monkeypatch.setattr(catalogue, "load_catalogue", lambda *_: known)
    monkeypatch.setattr(corpus, "load_catalogue", lambda *_: known)
    monkeypatch.setattr(catalogue, "fetch_wheel", lambda *_: tmp_path / "tiny.whl")
    monkeypatch.setattr(catalogue, "fetch_url", lambda *_: tmp_path / "text.zip")
    monkeypatch.chdir(tmp_path)


def test_a_file_that_is_called_as_a_corpus_of_the_catalogue_is_taken(
    sources, tmp_path, monkeypatch, capsys
):
    (tmp_path / "carried").write_text("my own text\n")
    monkeypatch.chdir(tmp_path)
    record = collect_corpus("carried", tmp_path / "corpus.txt")
    assert (tmp_path / "corpus.txt").read_text() == "my own text\n"
    assert (record["source"], record["origins"]) == ("carried", [])
    assert "warning: corpus: the path carried, not carried of the cat" in capsys.readouterr().err
    record = collect_corpus("catalogue:carried", tmp_path / "corpus.txt")
    assert (tmp_path / "corpus.txt").read_text() == "first file\nsecond file\n"
    assert record["source"] == "carried" and len(record["origins"]) == 1
    assert "corpus: carried of the catalogue\n" in capsys.readouterr().err


def test_a_corpus_of_the_catalogue_is_read_by_its_reader(sources):
    assert list(documents("carried")) == ["first file", "second\nfile"]
    assert [line.strip() for line in documents("linked")] == ["line one", "line two"]


def test_a_collection_is_its_members_one_after_the_other_with_their_licences(sources, tmp_path):
    record = collect_corpus("both", tmp_path / "corpus.txt")
    assert (tmp_path / "corpus.txt").read_text() == (
        "line one\nline two\nfirst file\nsecond file\n")
    assert record["documents"] == 4
    assert record["origins"] == [
        {"name": "linked", "about": "behind a URL", "licence": "CC0", "citation": ""},
        {"name": "carried", "about": "in a wheel", "licence": "MIT", "citation": "A. Author"}]


def test_the_profiles_corpus_is_taken_where_none_is_named():
    assert CorpusParameters().source is None


def test_a_file_that_is_no_text_is_refused_by_name(tmp_path):
    path = write(tmp_path / "photo.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF\n")
    with pytest.raises(UserError, match="photo.jpg is no text"):
        list(lines(path))


def test_a_pipe_that_the_shell_made_leads_nowhere_else():
    with open_pipe() as name:
        assert text.links_out(name) == []


@contextmanager
def open_pipe():
    """The name of a pipe as `<(command)` gives it, in a folder that is a link."""
    descriptors = os.pipe()
    try:
        yield f"/dev/fd/{descriptors[0]}"
    finally:
        for descriptor in descriptors:
            os.close(descriptor)
