import hashlib
import json
import os
import shutil
import sys

import pytest

from words_and_images.common import own_files
from words_and_images.common.errors import UserError
from words_and_images.common.own_files import (
    CARD,
    FORMAT,
    LIST_FILE,
    LIST_KEY,
    DamagedError,
    Kind,
    check,
    foreign_files,
    making,
    refuse_among,
    refuse_foreign,
    refuse_input,
    refuse_tangled,
    remedy_for,
    remove_own,
    seal,
)

MODEL = Kind("a model", ("record.json", "weights.bin", "part/*.txt"),
             ("record.json", "weights.bin"), "train it again", "record.json")
PLAIN = Kind("a plain folder", ("a.txt",), ("a.txt",), "make it again")
LARGE = Kind("a table", (), (), "make it again", sampled=True)


def write_model(folder, weights=b"1234"):
    (folder / "part").mkdir(parents=True)
    (folder / "weights.bin").write_bytes(weights)
    (folder / "part" / "one.txt").write_text("one")
    (folder / "record.json").write_text('{"size": 4}')


@pytest.fixture
def model(tmp_path):
    with making(tmp_path / "model", MODEL) as temporary:
        write_model(temporary)
    return tmp_path / "model"


def content_of(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes()
            for path in folder.rglob("*") if path.is_file()}


# --- the list


def test_the_list_has_the_files_with_their_sizes_and_sha256_and_the_version(model):
    record = json.loads((model / "record.json").read_text())
    listed = record.pop(LIST_KEY)
    assert record == {"size": 4}
    assert (listed["kind"], listed["format"], listed["stage"]) == ("a model", FORMAT, None)
    assert listed["files"] == {
        "part/one.txt": {"bytes": 3, "sha256": hashlib.sha256(b"one").hexdigest()},
        "weights.bin": {"bytes": 4, "sha256": hashlib.sha256(b"1234").hexdigest()}}


def test_a_kind_without_a_record_has_its_list_in_a_file_of_its_own(tmp_path):
    with making(tmp_path / "plain", PLAIN) as temporary:
        temporary.mkdir()
        (temporary / "a.txt").write_text("a")
    assert sorted(os.listdir(tmp_path / "plain")) == [LIST_FILE, "a.txt"]
    assert foreign_files(tmp_path / "plain", PLAIN) == []


def test_what_is_made_twice_has_the_same_bytes(model, tmp_path):
    with making(tmp_path / "other", MODEL) as temporary:
        write_model(temporary)
    assert content_of(model) == content_of(tmp_path / "other")


# --- what is replaced


def test_a_folder_of_the_same_kind_is_replaced_as_a_whole(model):
    with making(model, MODEL) as temporary:
        write_model(temporary, b"5")
        (temporary / "part" / "one.txt").unlink()
    assert sorted(content_of(model)) == ["record.json", "weights.bin"]
    assert (model / "weights.bin").read_bytes() == b"5"


@pytest.mark.parametrize("name", [
    "README.md", ".git/HEAD", "part/notes.txt", "photos/1.jpg", "weights.bin.bak"])
def test_files_of_somebody_elses_are_named_and_kept_before_any_work(model, name):
    (model / name).parent.mkdir(exist_ok=True)
    (model / name).write_text("mine")
    before = content_of(model)
    with pytest.raises(UserError, match=f"model is a folder with other content .{name}., and only "
                       "what was written as a model is replaced; name a new folder"), \
            making(model, MODEL):
        raise AssertionError("the work has begun")
    assert content_of(model) == before


def test_a_file_that_comes_while_the_work_goes_on_is_kept_too(model):
    with pytest.raises(UserError, match="notes.txt"), making(model, MODEL) as temporary:
        write_model(temporary)
        (model / "notes.txt").write_text("mine")
    assert (model / "notes.txt").read_text() == "mine"


def test_many_files_are_counted(tmp_path):
    for number in range(6):
        (tmp_path / f"{number}.jpg").write_text("photo")
    with pytest.raises(UserError, match=r"\(0.jpg, 1.jpg, 2.jpg and 3 more\)"):
        refuse_foreign(tmp_path, MODEL)


def test_a_link_to_a_folder_is_somebody_elses(model, tmp_path):
    (tmp_path / "photos").mkdir()
    (model / "link").symlink_to(tmp_path / "photos")
    assert foreign_files(model, MODEL) == ["link"]


def test_what_a_desktop_leaves_behind_does_not_stand_in_the_way(model):
    for name in (".DS_Store", "._weights.bin", "Thumbs.db", "part/desktop.ini"):
        (model / name).write_text("x")
    assert foreign_files(model, MODEL) == []


def test_a_folder_of_another_kind_and_a_file_are_refused(model, tmp_path):
    with pytest.raises(UserError, match="only what was written as a plain folder is replaced"):
        refuse_foreign(model, PLAIN)
    (tmp_path / "file").write_text("x")
    with pytest.raises(UserError, match="file is a file and a folder is to be written"):
        refuse_foreign(tmp_path / "file", MODEL)
    refuse_foreign(tmp_path / "nowhere", MODEL)
    (tmp_path / "empty").mkdir()
    refuse_foreign(tmp_path / "empty", MODEL)


def test_a_folder_without_a_list_is_replaced_where_it_holds_what_that_version_wrote(tmp_path):
    write_model(tmp_path / "former")
    assert foreign_files(tmp_path / "former", MODEL) == []
    (tmp_path / "former" / "thesis.pdf").write_text("mine")
    assert foreign_files(tmp_path / "former", MODEL) == ["thesis.pdf"]
    (tmp_path / "former" / "weights.bin").unlink()  # no model at all: nothing in it is ours
    assert "part/one.txt" in foreign_files(tmp_path / "former", MODEL)


@pytest.mark.parametrize("record", ["", "{}", "[]", "{"])
def test_a_damaged_folder_can_be_made_again_in_its_place(model, record):
    (model / "record.json").write_text(record)
    assert foreign_files(model, MODEL) == []
    (model / "notes.txt").write_text("mine")
    assert foreign_files(model, MODEL) == ["notes.txt"]


def test_a_folder_of_ones_own_is_removed_at_once(tmp_path, monkeypatch):
    write_model(tmp_path / "model")
    seal(tmp_path / "model", MODEL)
    monkeypatch.setattr(shutil, "rmtree", lambda *_, **__: None)  # a kill before it
    remove_own(tmp_path / "model", MODEL)
    assert not (tmp_path / "model").exists()


def test_removing_leaves_what_is_somebody_elses(model):
    (model / "part" / "notes.txt").write_text("mine")
    remove_own(model, MODEL)
    assert content_of(model) == {"part/notes.txt": b"mine"}
    (model / "part" / "notes.txt").unlink()
    remove_own(model, MODEL)
    assert not model.exists()


# --- the card


def test_a_card_that_somebody_changed_does_no_harm_and_is_not_replaced(tmp_path):
    with making(tmp_path / "model", MODEL) as temporary:
        write_model(temporary)
        (temporary / CARD).write_text("as it was made")
    model = tmp_path / "model"
    refuse_foreign(model, MODEL)
    (model / CARD).write_text("what somebody wrote")
    assert check(model, MODEL)
    with pytest.raises(UserError, match=r"other content \(README.md\), and only what was written"):
        refuse_foreign(model, MODEL)
    remove_own(model, MODEL)
    assert content_of(model) == {CARD: b"what somebody wrote"}


def test_a_card_of_somebody_elses_is_kept_and_one_that_is_gone_is_not_missed(model):
    assert check(model, MODEL)
    (model / CARD).write_text("mine")
    with pytest.raises(UserError, match=r"other content \(README.md\)"):
        refuse_foreign(model, MODEL)
    (model / CARD).unlink()
    with making(model, MODEL) as temporary:
        write_model(temporary)
        (temporary / CARD).write_text("as it was made")
    (model / CARD).unlink()
    assert check(model, MODEL)
    refuse_foreign(model, MODEL)


# --- inputs


def test_an_output_that_is_or_holds_an_input_is_refused(tmp_path):
    (tmp_path / "out" / "photos").mkdir(parents=True)
    photo = tmp_path / "out" / "photos" / "1.jpg"
    photo.write_text("photo")
    for out in (tmp_path / "out", tmp_path / "out" / "photos", photo):
        with pytest.raises(UserError, match="read and would be lost; name another place"):
            refuse_input(out, ["nowhere", photo])
    refuse_input(tmp_path / "other", [photo])
    refuse_input(photo, [tmp_path / "out"])  # a file in a folder that is read is no more than that


def test_an_input_is_found_behind_links_and_another_spelling(tmp_path, monkeypatch):
    photo = tmp_path / "1.jpg"
    photo.write_text("photo")
    (tmp_path / "soft.jpg").symlink_to(photo)
    os.link(photo, tmp_path / "hard.jpg")
    (tmp_path / "folder").symlink_to(tmp_path)
    monkeypatch.chdir(tmp_path)
    for out in ("soft.jpg", "hard.jpg", "./1.jpg", "folder/1.jpg", "folder"):
        with pytest.raises(UserError, match="which is read"):
            refuse_input(out, ["1.jpg"])


def test_a_stage_is_refused_whose_output_is_or_holds_its_input(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("data", "models"):
        (tmp_path / name).mkdir()
    (tmp_path / "data" / "split.json").write_text("{}")
    (tmp_path / "text.txt").write_text("words")
    refuse_tangled(["data/split.json", "models", "data/new.json"])
    for paths in (["data/split.json", "models", "data"], ["models", "models"],
                  ["text.txt", "text.txt"]):
        with pytest.raises(UserError, match="read and would be lost"):
            refuse_tangled(paths)


@pytest.mark.parametrize("name", ["a.json", "a.png", "a.svg", "a.html"])
def test_a_stage_does_not_replace_a_file_of_another_kind_than_its_name_tells(tmp_path, name):
    (tmp_path / name).write_text("dear diary")
    with pytest.raises(UserError, match=f"exists and is no .{name[2:]} file; move it away"):
        refuse_tangled([str(tmp_path / name)])
    (tmp_path / name).write_text("")
    refuse_tangled([str(tmp_path / name)])


# --- whether it is whole


def test_a_whole_folder_is_sound_and_one_without_a_list_is_not_known(model, tmp_path):
    assert check(model, MODEL)
    write_model(tmp_path / "former")
    assert not check(tmp_path / "former", MODEL)
    assert not check(tmp_path / "nowhere", MODEL)


@pytest.mark.parametrize(("name", "content", "told"), [
    ("weights.bin", b"1243", r"weights.bin is not as it was written \(it has other bytes\)"),
    ("weights.bin", b"123", "weights.bin has 3 bytes and was written with 4"),
    ("part/one.txt", None, "part/one.txt is missing"),
    ("record.json", b"", "record.json is broken"),
    ("record.json", b"{}", "record.json is broken .it holds no record"),
])
def test_what_is_not_as_it_was_written_is_told_with_the_remedy(model, name, content, told):
    if content is None:
        (model / name).unlink()
    else:
        (model / name).write_bytes(content)
    with pytest.raises(DamagedError, match=f"{told}.*; train it again.$"):
        check(model, MODEL)


def test_a_value_changed_in_the_record_is_found_and_other_white_space_is_not(model):
    record = json.loads((model / "record.json").read_text())
    (model / "record.json").write_text(json.dumps(record))
    assert check(model, MODEL)
    (model / "record.json").write_text(json.dumps({**record, "size": 5}))
    with pytest.raises(DamagedError, match="record.json is not as it was written"):
        check(model, MODEL)


def test_only_what_is_used_is_looked_at(model):
    (model / "part" / "one.txt").unlink()
    assert check(model, MODEL, lambda name: name == "weights.bin")


def test_a_later_format_and_another_kind_are_told(model):
    record = json.loads((model / "record.json").read_text())
    for key, value, told in (("format", FORMAT + 1, "use the version that wrote it"),
                             ("kind", "a plain folder", "was written as a plain folder"),
                             ("format", None, "its list of files is none"),
                             ("files", {"weights.bin": 3}, "is not told of as it should be")):
        changed = {**record, LIST_KEY: {**record[LIST_KEY], key: value}}
        (model / "record.json").write_text(json.dumps(changed))
        with pytest.raises(UserError, match=told):
            check(model, MODEL)


def test_a_stages_folder_is_made_again_by_dvc_and_another_as_its_kind_says(
    tmp_path, model, monkeypatch
):
    assert remedy_for(model, MODEL) == "train it again"
    monkeypatch.setattr(sys, "argv", ["/somewhere/pipelines/export.py"])
    seal(model, MODEL)
    assert remedy_for(model, MODEL) == "make it again with `dvc repro` (its stage is export)"
    (model / "weights.bin").unlink()
    with pytest.raises(DamagedError, match="is missing; make it again with `dvc repro`"):
        check(model, MODEL)
    assert remedy_for(tmp_path / "nowhere", MODEL) == "train it again"


def test_large_tables_are_checked_by_samples_of_the_whole_length(tmp_path, monkeypatch):
    monkeypatch.setattr(own_files, "LARGE", 1 << 20)
    table = bytes(range(256)) * (3 << 12)  # 3 MiB
    with making(tmp_path / "table", LARGE) as temporary:
        temporary.mkdir()
        (temporary / "table.npy").write_bytes(table)
    assert check(tmp_path / "table", LARGE)
    for changed in (table[:-1] + b"x", b"x" + table[1:], table[1:] + table[:1]):
        (tmp_path / "table" / "table.npy").write_bytes(changed)
        with pytest.raises(DamagedError, match="other bytes"):
            check(tmp_path / "table", LARGE)


def test_an_output_among_what_is_read_is_refused_and_a_name_of_no_path_is_not(tmp_path):
    (tmp_path / "texts").mkdir()
    (tmp_path / "link").symlink_to("texts")
    for out, source, where in (("texts/v", "texts", "lies in"), ("texts/v", "link", "lies in"),
                               ("texts", "texts", "is read; name another place to write")):
        with pytest.raises(UserError, match=where):
            refuse_among(tmp_path / out, tmp_path / source)
    refuse_among(tmp_path / "texts-v", tmp_path / "texts")
    refuse_among("text8", "text8")


def test_a_list_that_names_a_file_elsewhere_is_refused_unread(model):
    record = json.loads((model / "record.json").read_text())
    record[LIST_KEY]["files"]["../../../../../../dev/zero"] = {"bytes": 0, "sha256": "0"}
    (model / "record.json").write_text(json.dumps(record))
    with pytest.raises(UserError, match="record.json names .*dev/zero"):
        check(model, MODEL)


@pytest.mark.parametrize("files", [None, [], 5, "record.json"])
def test_a_list_that_is_none_makes_no_file_ours(model, files):
    record = json.loads((model / "record.json").read_text())
    record[LIST_KEY]["files"] = files
    (model / "record.json").write_text(json.dumps(record))
    with pytest.raises(UserError, match="is a folder with other content"):
        refuse_foreign(model, MODEL)
