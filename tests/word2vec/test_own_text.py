"""Text of one's own as it comes: the right words, or one sentence that says what it is."""

import bz2
import gzip
import lzma
import os
import threading
import zipfile

import pytest
import zstandard

from common.errors import UserError
from word2vec.analogies import read_questions
from word2vec.corpus import documents
from word2vec.parameters import ReadingParameters
from word2vec.phrases import load_phrases
from word2vec.word_pairs import read_pairs

TEXT = "the cat sat on the mat\nand a dog\n"
DOCUMENTS = TEXT.splitlines()


def read(path, **reading):
    return [line for line in documents(str(path), ReadingParameters(**reading)) if line.strip()]


def piped(path, content):
    """A pipe that gives the content once."""
    os.mkfifo(path)
    threading.Thread(target=path.write_bytes, args=(content,), daemon=True).start()
    return path


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress,
                                  zstandard.compress])
@pytest.mark.parametrize("make", ["file", "pipe"])
def test_a_file_and_a_pipe_give_all_of_their_text(tmp_path, pack, make):
    path = tmp_path / "text"
    content = pack(TEXT.encode())
    piped(path, content) if make == "pipe" else path.write_bytes(content)
    assert read(path) == DOCUMENTS


def test_a_zip_gives_the_texts_in_it(tmp_path):
    with zipfile.ZipFile(tmp_path / "texts.zip", "w") as opened:
        opened.writestr("b.txt", "and a dog\n")
        opened.writestr("a.txt", "the cat sat on the mat\n")
    assert read(tmp_path / "texts.zip") == DOCUMENTS


def test_latin_1_is_said_with_its_share_and_read_with_its_name(tmp_path, capsys):
    path = tmp_path / "de.txt"
    path.write_bytes("Müller mahlt Mehl\n".encode("latin-1") * 20)
    read(path)
    said = capsys.readouterr().err
    assert "20 of 360 bytes (5.6 %) are not UTF-8" in said and "--encoding cp1252" in said
    assert read(path, encoding="latin-1") == ["Müller mahlt Mehl"] * 20
    assert capsys.readouterr().err == ""


def test_an_unknown_encoding_is_answered_with_the_nearest():
    with pytest.raises(UserError, match="encoding is 'latin-11'; did you mean latin"):
        ReadingParameters(encoding="latin-11")


@pytest.mark.parametrize("name, content", [
    ("reviews.jsonl", '{"id": 1, "text": "the cat sat"}\n{"id": 2, "text": "and a dog"}\n'),
    ("reviews.txt", '{"id": 1, "text": "the cat sat"}\n{"id": 2, "text": "and a dog"}\n'),
    ("reviews.json", '[{"id": 1, "text": "the cat sat"}, {"id": 2, "text": "and a dog"}]'),
    ("reviews.csv", 'id,text\n1,"the cat sat"\n2,and a dog\n'),
    ("reviews.tsv", "id\ttext\n1\tthe cat sat\n2\tand a dog\n"),
])
def test_json_and_tables_are_read_by_field_and_never_as_prose(tmp_path, name, content):
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(UserError, match=r"id, text; name the one to read with --field"):
        read(path)
    assert read(path, field="text") == ["the cat sat", "and a dog"]
    with pytest.raises(UserError, match="txet"):
        read(path, field="txet")


def test_a_cell_of_several_lines_is_one_document(tmp_path):
    (tmp_path / "a.csv").write_text('id,text\n1,"the cat, sat\non the mat"\n')
    assert " ".join(read(tmp_path / "a.csv", field="text")).split() == (
        ["the", "cat,", "sat", "on", "the", "mat"])


def test_prose_with_commas_and_braces_is_prose(tmp_path, capsys):
    text = "First, the cat sat, and slept, on the mat.\nThen {as it does} a dog, too, came, in.\n"
    (tmp_path / "a.txt").write_text(text)
    assert read(tmp_path / "a.txt") == text.splitlines()
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("content, told", [
    (b"PAR1" + bytes(40) + b"PAR1", "Parquet"),
    (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", "PDF"),
    (b"SQLite format 3\0" + bytes(84), "SQLite"),
])
def test_other_kinds_of_file_are_refused_by_their_name(tmp_path, content, told):
    (tmp_path / "data.txt").write_bytes(content)
    with pytest.raises(UserError, match=told):
        read(tmp_path / "data.txt")


def test_html_is_said_once(tmp_path, capsys):
    (tmp_path / "page.html").write_text(
        "<!DOCTYPE html><html><body>" + "<p>cats &amp; dogs</p>\n" * 30 + "</body></html>")
    read(tmp_path / "page.html")
    said = capsys.readouterr().err
    assert said.count("warning") == 1 and "HTML" in said


def test_evaluation_sets_and_phrases_come_through_a_pipe_whole(tmp_path):
    questions = piped(tmp_path / "q", b": one\nman king woman queen\n")
    assert read_questions(questions)[0].questions == (("man", "king", "woman", "queen"),)
    assert len(read_pairs(piped(tmp_path / "p", b"cat\tdog\t7\ncat\tcar\t1\n"))) == 2
    assert load_phrases(piped(tmp_path / "f", b"new york\n"))[0][0].name == "new_york"
