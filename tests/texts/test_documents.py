import bz2
import csv
import gzip
import io
import json
import lzma
import os
import tarfile
import threading
import tracemalloc
import zipfile

import pytest

from texts import document
from texts.documents import DocumentsParameters, collect_documents
from words_and_images.common.errors import UserError

PACKERS = {"": bytes, ".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}


def table(pairs, heading=("label", "text"), delimiter=",") -> bytes:
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=delimiter, lineterminator="\n")
    writer.writerows([heading, *pairs])
    return stream.getvalue().encode()


def json_lines(pairs, **more) -> bytes:
    return "".join(json.dumps({"label": label, "text": text, **more}) + "\n"
                   for label, text in pairs).encode()


def fasttext(pairs) -> bytes:
    return "".join(f"__label__{label} {text}\n" for label, text in pairs).encode()


def collected(path, **parameters):
    return collect_documents(str(path), DocumentsParameters(**parameters)).documents


def pairs_of(documents) -> list[tuple[str, str]]:
    return sorted((each.label, each.text) for each in documents)


def refusal(path, **parameters) -> str:
    with pytest.raises(UserError) as refused:
        collected(path, **parameters)
    sentence = str(refused.value)
    assert "\n" not in sentence and sentence.endswith((".", "?")), sentence
    return sentence


@pytest.mark.parametrize("ending", PACKERS)
@pytest.mark.parametrize(("name", "write"), [
    ("a.csv", table), ("a.tsv", lambda pairs: table(pairs, delimiter="\t")),
    ("a.csv", lambda pairs: table(pairs, delimiter=";")), ("a.jsonl", json_lines),
    ("a.json", lambda pairs: json.dumps([{"class": a, "content": b} for a, b in pairs]).encode()),
    ("a.txt", fasttext),
])
def test_files_of_documents_are_read_plain_or_packed(tmp_path, rows, name, write, ending):
    (tmp_path / f"{name}{ending}").write_bytes(PACKERS[ending](write(rows)))
    found = collected(tmp_path / f"{name}{ending}")
    assert pairs_of(found) == sorted(rows)
    assert [each.text for each in found] == [text for _, text in rows]
    assert found[0].name.startswith(f"{name}{ending}:") and {each.split for each in found} == {None}


@pytest.mark.parametrize("write", [table, json_lines, fasttext])
def test_a_pipe_is_read_once_and_told_by_its_content(tmp_path, rows, write):
    pipe = tmp_path / "63"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(write(rows)))
    writer.start()
    assert pairs_of(collected(pipe)) == sorted(rows)
    writer.join()


def test_rows_are_named_by_their_numbers_from_the_heading_on(tmp_path, rows):
    (tmp_path / "a.csv").write_bytes(table(rows))
    assert collected(tmp_path / "a.csv")[0].name == "a.csv:2"
    (tmp_path / "a.jsonl").write_bytes(json_lines(rows))
    assert collected(tmp_path / "a.jsonl")[0].name == "a.jsonl:1"


def test_a_folder_has_a_class_in_each_top_folder_with_all_below_it(tmp_path, rows):
    for number, (label, text) in enumerate(rows):
        place = tmp_path / "all" / label / str(number % 2) / f"{number}.txt"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    assert pairs_of(collected(tmp_path)) == sorted(rows)
    assert all(each.name.startswith(f"all/{each.label}/") for each in collected(tmp_path))


@pytest.mark.parametrize("ending", PACKERS)
def test_files_in_class_folders_may_be_packed_have_marks_and_no_ending(tmp_path, rows, ending):
    for number, (label, text) in enumerate(rows):
        (tmp_path / label).mkdir(exist_ok=True)
        name = f"{number}.txt{ending}" if ending else str(number)
        (tmp_path / label / name).write_bytes(PACKERS[ending](text.encode("utf-8-sig")))
    assert pairs_of(collected(tmp_path)) == sorted(rows)


def test_archives_of_folders_and_of_a_table_are_unpacked(tmp_path, documents, rows):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for path in documents.rglob("*.txt"):
            archive.write(path, path.relative_to(documents.parent))
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as tape:
        tape.add(documents, "documents")
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("b.csv", table(rows))
    for name in ("a.zip", "a.tar.gz", "b.zip"):
        assert pairs_of(collected(tmp_path / name)) == sorted(rows)


def test_an_error_in_an_archive_names_the_archive(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a/1.txt", b"caf\xe9")
        archive.writestr("b/1.txt", b"x")
    assert refusal(tmp_path / "a.zip").startswith(
        f"{tmp_path / 'a.zip'}/a/1.txt is not UTF-8 at byte 3; convert it")


def test_train_and_test_folders_are_a_published_split(tmp_path, write_folder, rows):
    write_folder(tmp_path / "Train", rows[:40])
    write_folder(tmp_path / "test", rows[40:])
    found = collected(tmp_path)
    assert pairs_of(each for each in found if each.split == "test") == sorted(rows[40:])
    assert pairs_of(each for each in found if each.split == "training") == sorted(rows[:40])


def test_folders_for_training_and_validation_are_no_classes(
    tmp_path, write_folder, rows, capsys
):
    write_folder(tmp_path / "train", rows[:40])
    write_folder(tmp_path / "valid", rows[40:])
    found = collected(tmp_path)
    assert pairs_of(found) == sorted(rows)
    assert {each.split for each in found} == {"training", "validation"}
    assert "the folders 'train', 'valid' are taken for parts of one set" in capsys.readouterr().err


def test_classes_may_be_called_train_and_dev_where_no_folders_are_inside(
    tmp_path, write_folder, rows
):
    names = {"food": "train", "sport": "dev"}
    write_folder(tmp_path, [(names[label], text) for label, text in rows])
    assert {each.label for each in collected(tmp_path)} == {"train", "dev"}


def test_a_folder_beside_train_and_test_is_refused(tmp_path, write_folder, rows):
    for part in ("train", "test", "more"):
        write_folder(tmp_path / part, rows)
    assert "beside them 'more'; take them out" in refusal(tmp_path)


def test_a_class_may_be_called_test_where_there_is_no_train(tmp_path, write_folder, rows):
    write_folder(tmp_path, [("test" if label == "food" else label, text) for label, text in rows])
    assert {each.label for each in collected(tmp_path)} == {"sport", "test"}
    assert {each.split for each in collected(tmp_path)} == {None}


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_a_column_tells_the_published_split(tmp_path, rows, name):
    split = ["train", "validation", "test"]
    triples = [(*pair, split[number // 2 % 3]) for number, pair in enumerate(rows)]
    content = table(triples, ("label", "text", "Split")) if name == "a.csv" else "".join(
        json.dumps({"label": a, "text": b, "split": c}) + "\n" for a, b, c in triples).encode()
    (tmp_path / name).write_bytes(content)
    found = collected(tmp_path / name)
    assert {each.split for each in found} == {"training", "validation", "test"}
    assert {each.split for each in collected(tmp_path / name, split_column="none")} == {None}


def test_a_split_that_is_not_known_is_refused(tmp_path, rows):
    (tmp_path / "a.csv").write_bytes(table([(*pair, "fold3") for pair in rows],
                                           ("label", "text", "split")))
    assert refusal(tmp_path / "a.csv") == (
        "a.csv, row 2: its split is 'fold3', and train, validation and test are known; mend it, or "
        "give --split-column none.")


def test_a_second_source_is_the_test(tmp_path, rows, documents):
    (tmp_path / "a.csv").write_bytes(table(rows[:10]))
    found = collected(documents, test_documents=str(tmp_path / "a.csv"))
    assert [each.split for each in found].count("test") == 10
    (tmp_path / "b.csv").write_bytes(table([(*pair, "test") for pair in rows],
                                           ("label", "text", "split")))
    assert "leave one of them out" in refusal(tmp_path / "b.csv",
                                              test_documents=str(tmp_path / "a.csv"))
    (tmp_path / "c.csv").write_bytes(table([(*pair, "train") for pair in rows],
                                           ("label", "text", "split")))
    assert "holds some to learn from" in refusal(documents,
                                                 test_documents=str(tmp_path / "c.csv"))


def test_a_test_label_that_is_not_learnt_is_refused_and_an_untested_one_told(
    tmp_path, rows, documents, capsys
):
    (tmp_path / "a.csv").write_bytes(table([("music", "a song"), *rows]))
    assert "have labels that no others have, 'music'; rename" in refusal(
        documents, test_documents=str(tmp_path / "a.csv"))
    (tmp_path / "b.csv").write_bytes(table(rows[:1]))
    collected(documents, test_documents=str(tmp_path / "b.csv"))
    assert "warning: there are no test documents of 'food'" in capsys.readouterr().err


def test_columns_are_named_or_numbered(tmp_path, rows):
    (tmp_path / "a.csv").write_bytes(table(rows, ("what", "said")))
    wanted = sorted(rows)
    assert pairs_of(collected(tmp_path / "a.csv", text_column="said", label_column="what")
                    ) == wanted
    (tmp_path / "b.csv").write_bytes(table(rows[1:], rows[0]))
    assert pairs_of(collected(tmp_path / "b.csv", text_column="2", label_column="1")) == wanted


@pytest.mark.parametrize(("heading", "parameters", "told"), [
    (("what", "text"), {}, "has no column that is called as usual for labels; it has what, text; "
                           "name the one with --label-column, or give its number"),
    (("label", "said"), {}, "for texts; it has label, said; name the one with --text-column, or"),
    (("label", "text"), {"text_column": "txt"}, "a.csv has no column 'txt'; did you mean text?"),
    (("class", "text"), {"label_column": "nothing"}, "no column 'nothing'; it has class, text."),
])
def test_a_column_that_is_not_there_is_refused_with_those_that_are(
    tmp_path, rows, heading, parameters, told
):
    (tmp_path / "a.csv").write_bytes(table(rows, heading))
    assert told in refusal(tmp_path / "a.csv", **parameters)


def test_two_columns_of_usual_names_are_not_guessed_from(tmp_path, rows):
    (tmp_path / "a.csv").write_bytes(table([(*pair, "x") for pair in rows],
                                           ("label", "text", "category")))
    assert "several columns that may hold the labels, label, category" in refusal(
        tmp_path / "a.csv")
    (tmp_path / "a.jsonl").write_bytes(json_lines(rows, sentiment=1))
    assert "several columns that may hold the labels" in refusal(tmp_path / "a.jsonl")
    assert len(collected(tmp_path / "a.jsonl", label_column="label")) == len(rows)


def test_a_field_of_json_that_is_not_there_is_refused(tmp_path, rows):
    (tmp_path / "a.jsonl").write_bytes(json_lines(rows))
    assert refusal(tmp_path / "a.jsonl", text_column="txt") == (
        "a.jsonl has no field 'txt'; did you mean text?")
    (tmp_path / "a.jsonl").write_text('{"label": "a", "text": {"x": 1}}\n')
    assert "its 'text' is no text but" in refusal(tmp_path / "a.jsonl")


def test_labels_of_json_may_be_numbers(tmp_path):
    values = [0, 1, True, 2.5]
    (tmp_path / "a.jsonl").write_text("".join(
        json.dumps({"label": value, "text": "x"}) + "\n" for value in values))
    assert [each.label for each in collected(tmp_path / "a.jsonl")] == ["0", "1", "true", "2.5"]


@pytest.mark.parametrize(("name", "content", "told"), [
    ("a.txt", b"__label__a x\n__label__a __label__b y\n",
     'a.txt, line 2 has the labels ["a", "b"]; several labels a document are not supported yet'),
    ("a.jsonl", b'{"label": ["a", "b"], "text": "x"}\n',
     'a.jsonl, object 1: its label is a list, ["a", "b"]; several labels a document are not'),
    ("a.jsonl", b'{"label": {"a": 1}, "text": "x"}\n', "its label is an object"),
    ("a.txt", b"__label__a x\nno label\n", "a.txt, line 2 has no __label__ as the lines before"),
    ("a.csv", b"label,text\na,x,y\n", "a.csv, row 2 has 3 cells and the first row has 2; put"),
    ("a.csv", b'label,text\na,"x\n', "no row of a table"),
    ("a.jsonl", b'{"label": "a", "text": "x"}\n{"label"\n', "line 2: no JSON"),
    ("a.csv", b"label,text\na,caf\xe9\n", "a.csv is not UTF-8 at byte 16; convert it, or name its "
                                          "encoding with --encoding."),
    ("a.csv", b"label,text\na,x\0y\n", "is no text (it holds a NUL byte)"),
    ("a.csv", b"PAR1\0\0", "a Parquet table; write its column of text to a CSV file first"),
    ("a.csv", b"label,text\na,x\nb,y\nc,\n", "the class 'c' of"),
    ("a.csv", b"label,text\n" + b"x y " * 60 + b",a\n", "has a label of 239 characters, 'x y x y"),
    ("a.csv", b"label,text\n", "holds no documents with a label; give a folder"),
    ("a.csv", b"", "has no column that is called as usual"),
    ("a.txt", b"just words\n", "is no set of documents that can be read; give a folder"),
    ("a.xyz", b"just words\n", "is no set of documents that can be read; give a folder"),
    ("a.csv", b"label,text\na,x\na,y\n", "holds documents of only one class, 'a'"),
    ("a.csv", b"label,text\na,x\nNot Sure,y\n", "is called 'Not Sure', which is what a classifier"),
    ("a.zip", b"PK\x03\x04broken", "cut short"),
    ("a.csv.gz", gzip.compress(b"label,text\na,x\n" * 99, mtime=0)[:40],
     "cannot be read to its end"),
])
def test_what_cannot_be_read_is_refused_in_one_sentence(tmp_path, name, content, told):
    (tmp_path / name).write_bytes(content)
    assert told in refusal(tmp_path / name)


@pytest.mark.parametrize(("files", "told"), [
    ({"a/1.txt": b"x"}, "holds documents of only one class, 'a'"),
    ({"1.txt": b"x", "2.txt": b"y"}, "holds 2 documents and no class folders; give a folder with"),
    ({}, "holds no documents; give a folder"),
    ({"a/1.md": b"x", "b/1.md": b"x"}, "holds no documents but a/1.md (not called .txt), b/1.md"),
    ({"a/1.txt": b"x", "b/1.txt": b"x", "c/1.md": b"x"},
     "the folder c of {} is beside class folders and holds no document that is read, but c/1.md"),
    ({"a/1.txt": b"x", "b/1.txt": b"x", "c/1.txt": b" "},
     "the class 'c' of {} has no document with a text, the first is c/1.txt; mend it"),
    ({"a/1.txt": b"x\0", "b/1.txt": b"x"}, "is no text (it holds a NUL byte)"),
    ({"a/1.txt": b"x", "b/1.txt": b"ab\xff"}, "1.txt is not UTF-8 at byte 2; convert it, or give"),
    ({"train/1.txt": b"x", "test/1.txt": b"x"}, "holds 2 documents and no class folders"),
])
def test_folders_that_hold_no_classes_are_refused(tmp_path, files, told):
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    assert told.format(tmp_path) in refusal(tmp_path)


def test_a_source_that_is_not_there_is_refused(tmp_path):
    assert ("neither a path that exists nor a source of the catalogue for texts; choose from "
            "newsgroups_20") in refusal(tmp_path / "nothing")


def test_another_encoding_is_read_where_it_is_named(tmp_path, rows):
    (tmp_path / "a.csv").write_bytes("label,text\na,café\nb,thé\n".encode("cp1252"))
    assert [each.text for each in collected(tmp_path / "a.csv", encoding="cp1252")] == [
        "café", "thé"]
    (tmp_path / "f" / "a").mkdir(parents=True)
    (tmp_path / "f" / "b").mkdir()
    (tmp_path / "f" / "a" / "1.txt").write_bytes("café".encode("cp1252"))
    (tmp_path / "f" / "b" / "1.txt").write_bytes("thé".encode("utf-16"))  # by its mark
    assert [each.text for each in collected(tmp_path / "f", encoding="cp1252")] == ["café", "thé"]
    with pytest.raises(UserError, match="encoding"):
        DocumentsParameters(encoding="utf-80")


def test_what_is_no_document_is_passed_over_and_told(tmp_path, write_folder, rows, capsys):
    write_folder(tmp_path, rows)
    (tmp_path / "food" / "empty.txt").write_text(" \n")
    (tmp_path / "food" / ".hidden.txt").write_text("secret")
    (tmp_path / "food" / ".DS_Store").write_bytes(b"\0")
    (tmp_path / "food" / "photo.jpg").write_bytes(b"\xff\xd8\xff")
    (tmp_path / "README.txt").write_text("about")
    os.mkfifo(tmp_path / "food" / "pipe.txt")
    (tmp_path / "sport" / "link").symlink_to(tmp_path / "food")
    assert pairs_of(collected(tmp_path)) == sorted(rows)
    told = capsys.readouterr().err
    for name, reason in (("food/empty.txt", "empty"), ("food/.hidden.txt", "hidden"),
                         ("food/photo.jpg", "not called .txt"), ("sport/link", "behind a link to "
                          "a folder"), ("README.txt", "in no class folder")):
        assert f"warning: passed over 1 document ({reason}): {name}\n" in told
    assert "DS_Store" not in told


def test_empty_texts_and_rows_without_a_label_are_passed_over_and_told(tmp_path, rows, capsys):
    (tmp_path / "a.csv").write_bytes(table([("food", ""), ("", "x"), *rows]))
    assert pairs_of(collected(tmp_path / "a.csv")) == sorted(rows)
    told = capsys.readouterr().err
    assert "passed over 1 document (empty): a.csv:2\n" in told
    assert "passed over 1 document (without a label): a.csv:3\n" in told


def test_labels_that_differ_in_case_are_one_class(tmp_path, rows, capsys):
    pairs = [("FOOD" if number == 1 else label, text) for number, (label, text) in enumerate(rows)]
    (tmp_path / "a.csv").write_bytes(table(pairs))
    assert {each.label for each in collected(tmp_path / "a.csv")} == {"food", "sport"}
    assert "the labels 'FOOD' and 'food' are one class, 'food'" in capsys.readouterr().err


def test_a_file_beyond_the_cap_is_refused_before_it_is_in_memory(tmp_path):
    for name in ("a", "b"):
        (tmp_path / "f" / name).mkdir(parents=True)
    (tmp_path / "f" / "b" / "1.txt").write_text("x")
    with (tmp_path / "f" / "a" / "1.txt").open("wb") as file:
        file.write(b"word ")
        file.truncate(1 << 31)  # a hole in the file, which takes no room
    tracemalloc.start()
    sentence = refusal(tmp_path / "f")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "1.txt has more than 67,108,864 bytes; give a text of up to" in sentence
    assert peak < 1 << 28


def test_a_row_beyond_the_cap_is_refused_by_name(tmp_path, rows, monkeypatch):
    monkeypatch.setattr(document, "LARGEST", 40)
    (tmp_path / "a.csv").write_bytes(table([("food", "x" * 41), *rows]))
    assert "a.csv:2 has more than 40 characters; divide it" in refusal(tmp_path / "a.csv")


def test_a_folder_that_cannot_be_read_is_refused(tmp_path, documents, monkeypatch):
    def walk(top, onerror):
        onerror(PermissionError(13, "Permission denied", str(top)))
        return iter(())
    monkeypatch.setattr(os, "walk", walk)
    assert "cannot be read (permission denied); mend its permissions" in refusal(documents)


def test_names_that_a_terminal_would_obey_are_escaped(tmp_path, write_folder, rows):
    write_folder(tmp_path, [("a\x1b[2J" if label == "food" else label, text)
                            for label, text in rows])
    (found, *_), labels = collected(tmp_path), {each.label for each in collected(tmp_path)}
    assert labels == {"a\\x1b[2J", "sport"} and "\x1b" not in found.name


def test_halves_of_characters_in_json_do_not_break_what_follows(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"label": "a\\ud800", "text": "x \\ud800"}\n'
                                      '{"label": "b", "text": "y"}\n')
    for each in collected(tmp_path / "a.jsonl"):
        assert each.text.encode() and each.label.encode()


@pytest.mark.parametrize(("name", "write"), [("a.csv", table), ("a.jsonl", json_lines)])
@pytest.mark.parametrize("parameters", [
    {"text_column": "label"}, {"label_column": "text"}, {"split_column": "label"}])
def test_one_column_for_two_things_is_refused(tmp_path, rows, name, write, parameters):
    (tmp_path / name).write_bytes(write(rows))
    assert "two are to be in the same column" in refusal(tmp_path / name, **parameters)


def test_a_column_named_once_and_numbered_once_is_one(tmp_path, rows):
    (tmp_path / "a.csv").write_bytes(table(rows))
    assert "in the same column" in refusal(tmp_path / "a.csv", label_column="2")


def test_an_encoding_that_its_file_does_not_tell_is_asked_for(tmp_path, rows):
    file = tmp_path / "a.csv"
    file.write_bytes(table(rows).decode().encode("utf-16-le"))
    told = refusal(file)
    assert "is no text (it holds a NUL byte); give plain text, or name its encoding with" in told
    assert pairs_of(collected(file, encoding="utf-16-le")) == sorted(rows)


def test_a_table_without_a_heading_is_told_to_number_its_columns(tmp_path, rows):
    (tmp_path / "a.csv").write_bytes(table(rows[1:], rows[0]))
    assert "or give its number there where the first row is no heading" in refusal(
        tmp_path / "a.csv")


def test_no_number_is_no_label_and_a_class_that_says_so_is_told(tmp_path, rows, capsys):
    for name, write in (("a.csv", table), ("a.jsonl", json_lines)):
        (tmp_path / name).write_bytes(write([*rows, *[("nan", f"ball {n}") for n in range(3)]]))
        assert len(collected(tmp_path / name)) == 63
        assert "warning: 3 documents of a class 'nan', which is what" in capsys.readouterr().err
    (tmp_path / "b.jsonl").write_bytes(json_lines([*rows, (float("nan"), "a ball")]))
    assert len(collected(tmp_path / "b.jsonl")) == 60
    assert "passed over 1 document (without a label): b.jsonl:61" in capsys.readouterr().err


def test_an_empty_class_folder_and_a_link_to_nothing_are_told(tmp_path, write_folder, rows, capsys):
    write_folder(tmp_path / "a", rows)
    for name in ("none", ".git", "__MACOSX"):
        (tmp_path / "a" / name).mkdir()
    (tmp_path / "a" / "food" / "gone.txt").symlink_to("nowhere")
    (tmp_path / "a" / "food" / "below").mkdir()
    assert len(collected(tmp_path / "a")) == 60
    told = capsys.readouterr().err
    assert "warning: 1 folder of " in told and "of which no class is made: none\n" in told
    assert "(a link to nothing, or no file): food/gone.txt" in told


def test_a_folder_that_loops_is_read_once(tmp_path, write_folder, rows, capsys):
    folder = write_folder(tmp_path / "a", rows)
    (folder / "self").symlink_to(folder)
    (folder / "food" / "loop").symlink_to("..")
    assert len(collected(folder)) == 60
    assert "(behind a link to a folder): self, food/loop" in capsys.readouterr().err


@pytest.mark.parametrize("source", ["", " "])
def test_no_name_is_not_taken_for_the_folder_one_is_in(source):
    with pytest.raises(UserError, match="the documents are ' ?'; name a folder or a file"):
        collect_documents(source)
    with pytest.raises(UserError, match="the documents are ' ?'; name a folder or a file"):
        DocumentsParameters(source)


@pytest.mark.parametrize("write", [table, json_lines, fasttext])
def test_standard_input_is_a_source(rows, write, typed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "-").mkdir()
    typed(write(rows))
    found = collected("-")
    assert pairs_of(found) == sorted(rows) and found[0].name.startswith("standard input:")
