import errno
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from words_and_images.common.array_files import new_array
from words_and_images.common.errors import UserError
from words_and_images.common.files import (
    known_record,
    megabytes,
    path_of,
    read_json,
    read_record,
    refuse_unwritable,
    refuse_unwritable_file,
    refuse_without_room,
    replacing,
    write_json,
    write_text,
)
from words_and_images.common.workspaces import temporary_files, workspace

ROOT = Path(__file__).parents[3]


def any_folder(_path):
    """What refuses no folder."""


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_appears_only_when_the_block_has_ended(tmp_path):
    target = tmp_path / "new" / "value.txt"
    with replacing(target) as temporary:
        temporary.write_text("whole")
        assert not target.exists()
        assert temporary.parent.parent == target.parent  # one file system: the rename is atomic
    assert target.read_text() == "whole"
    assert names(target.parent) == ["value.txt"]


def test_a_file_that_fails_midway_leaves_the_old_one_and_nothing_else(tmp_path):
    target = tmp_path / "value.txt"
    target.write_text("old")
    with pytest.raises(KeyboardInterrupt), replacing(target) as temporary:
        temporary.write_text("half")
        raise KeyboardInterrupt
    assert target.read_text() == "old"
    assert names(tmp_path) == ["value.txt"]


def test_a_folder_replaces_the_old_folder_as_a_whole(tmp_path):
    target = tmp_path / "model"
    target.mkdir()
    (target / "stale.txt").write_text("old")
    with replacing(target, any_folder) as temporary:
        temporary.mkdir()
        (temporary / "fresh.txt").write_text("new")
        assert names(target) == ["stale.txt"]
    assert names(target) == ["fresh.txt"]
    assert names(tmp_path) == ["model"]


@pytest.mark.parametrize("path", ["pipe", "/dev/stdout", "/dev/new.txt"])
def test_pipes_and_devices_are_not_replaced(tmp_path, monkeypatch, path):
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    with pytest.raises(UserError, match=f"{path} is a pipe or a device"), replacing(path):
        pass
    assert names(tmp_path) == ["pipe"]


@pytest.mark.parametrize("name", ["model", "previous", "model.previous"])
def test_a_folder_of_any_name_can_be_replaced_twice(tmp_path, name):
    for content in ("first", "second"):
        with replacing(tmp_path / name, any_folder) as temporary:
            temporary.mkdir()
            (temporary / "content").write_text(content)
    assert (tmp_path / name / "content").read_text() == "second"
    assert names(tmp_path) == [name]


def test_a_folder_that_holds_anything_is_not_replaced_unless_who_writes_knows_it(tmp_path):
    target = tmp_path / "thesis"
    target.mkdir()
    (target / "chapter.txt").write_text("years of work")
    with pytest.raises(UserError, match="thesis is a folder with other content"), \
            replacing(target) as temporary:
        temporary.mkdir()
    assert (target / "chapter.txt").read_text() == "years of work"
    assert names(tmp_path) == ["thesis"]


def test_ctrl_c_between_two_renames_loses_no_folder(tmp_path, monkeypatch):
    target = tmp_path / "model"
    target.mkdir()
    (target / "old.txt").write_text("old")

    def interrupted(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), replacing(target, any_folder) as temporary:
        temporary.mkdir()
        monkeypatch.setattr(os, "replace", interrupted)
    assert names(target) == ["old.txt"]


def test_a_kill_between_two_renames_loses_no_folder(tmp_path):
    target = tmp_path / "model.previous"
    target.mkdir()
    (target / "old.txt").write_text("old")
    code = f"""
import os, signal
from pathlib import Path
from words_and_images.common.files import replacing
with replacing(Path({str(target)!r}), lambda path: None) as temporary:
    temporary.mkdir()
    (temporary / "new.txt").write_text("new")
    os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(ROOT)})
    assert killed.returncode == -signal.SIGKILL and not target.exists()
    refuse_unwritable(tmp_path / "another")  # as each command begins that writes there
    assert names(tmp_path) == ["model.previous"] and names(target) == ["new.txt"]


def test_what_gets_its_name_is_on_the_disk(tmp_path, monkeypatch):
    done = []
    monkeypatch.setattr(os, "fsync", lambda opened: done.append(os.fstat(opened).st_ino))
    replace = os.replace
    monkeypatch.setattr(os, "replace", lambda *paths: (done.append("renamed"), replace(*paths)))
    with replacing(tmp_path / "model") as temporary:
        (temporary / "backbone").mkdir(parents=True)
        (temporary / "backbone" / "weights").write_text("many")
        (temporary / "link").symlink_to("nowhere")
    model = tmp_path / "model"
    assert {*done[:3]} == {path.stat().st_ino for path in (
        model, model / "backbone", model / "backbone" / "weights")}
    assert done[3:] == ["renamed", tmp_path.stat().st_ino]
    done.clear()
    with workspace(tmp_path) as folder:
        write_text(folder / "a.txt", "soon gone")
    assert done == ["renamed"]


def test_json_replaces_nothing_but_json(tmp_path):
    for name, content in (("new.json", '  {"a": 1}'), ("rows.json", "[1]"), ("empty.json", "")):
        (tmp_path / name).write_text(content)
        write_json(tmp_path / name, {"b": 2})
        assert read_json(tmp_path / name) == {"b": 2}
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match="notes.txt exists and holds no JSON"):
        write_json(tmp_path / "notes.txt", {})
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_folder_that_fails_midway_leaves_the_old_one_and_nothing_else(tmp_path):
    target = tmp_path / "model"
    target.mkdir()
    (target / "old.txt").write_text("old")
    with pytest.raises(RuntimeError), replacing(target) as temporary:
        temporary.mkdir()
        (temporary / "half.txt").write_text("half")
        raise RuntimeError
    assert names(target) == ["old.txt"]
    assert names(tmp_path) == ["model"]


def test_a_block_that_makes_nothing_leaves_the_old_folder(tmp_path):
    target = tmp_path / "model"
    target.mkdir()
    (target / "old.txt").write_text("old")
    with pytest.raises(FileNotFoundError), replacing(target):
        pass
    assert names(target) == ["old.txt"]
    assert names(tmp_path) == ["model"]


def test_a_file_never_takes_the_place_of_a_folder(tmp_path):
    (tmp_path / "thing").mkdir()
    (tmp_path / "thing" / "old.txt").write_text("old")
    with pytest.raises(UserError, match="thing is a folder and a file is to be written"):
        write_text(tmp_path / "thing", "now a file")
    assert (tmp_path / "thing" / "old.txt").read_text() == "old"


def test_json_keeps_the_order_of_keys_and_letters_of_any_alphabet(tmp_path):
    write_json(tmp_path / "a.json", {"straße": 1, "a": [None, 0.5]})
    assert read_json(tmp_path / "a.json") == {"straße": 1, "a": [None, 0.5]}
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert text.index("straße") < text.index('"a"')


def test_json_refuses_numbers_that_json_does_not_know(tmp_path):
    with pytest.raises(ValueError):
        write_json(tmp_path / "a.json", {"loss": float("nan")})
    assert names(tmp_path) == []
    with pytest.raises(json.JSONDecodeError):
        (tmp_path / "b.json").write_text("{")
        read_json(tmp_path / "b.json")


@pytest.mark.parametrize("value", [None, True, 3, b"a"])
def test_what_is_no_path_is_refused(value):
    assert path_of("fname", "a") == path_of("fname", Path("a")) == Path("a")
    with pytest.raises(UserError, match="^fname is .*; it must be a path.$"):
        path_of("fname", value)


def test_a_symbolic_link_is_refused_with_what_it_leads_to_and_stays(tmp_path):
    (tmp_path / "far").mkdir()
    for name, target in (("link", "far"), ("dangling", "nowhere")):
        link = tmp_path / name
        link.symlink_to(tmp_path / target)
        for refuse in (refuse_unwritable, lambda place: write_text(place, "new")):
            with pytest.raises(UserError, match=f"leads to, {tmp_path / target}, or"):
                refuse(link)
        assert link.is_symlink()
    assert names(tmp_path) == ["dangling", "far", "link"]


def test_a_pipe_is_never_replaced_by_a_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for refuse in (refuse_unwritable, lambda place: write_text(place, "new")):
        with pytest.raises(UserError, match="pipe is a pipe or a device"):
            refuse(tmp_path / "pipe")
    assert (tmp_path / "pipe").is_fifo()


def test_the_folder_one_is_in_is_refused_before_any_work(tmp_path, monkeypatch):
    (tmp_path / "here" / "deep").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here" / "deep")
    for place in (".", "..", tmp_path):
        with pytest.raises(UserError, match="is or holds the folder that you are in"):
            refuse_unwritable(place)
    refuse_unwritable("new")


def test_a_place_below_a_file_or_in_a_folder_that_takes_nothing_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match="Not a directory at .*notes.txt"):
        refuse_unwritable(tmp_path / "notes.txt" / "new" / "model")
    with pytest.raises(UserError, match="cannot be written"):
        refuse_unwritable("/proc/model")
    with pytest.raises(UserError, match="is a folder and a file is to be written"):
        refuse_unwritable_file(tmp_path)
    refuse_unwritable_file(tmp_path / "notes.txt")
    refuse_unwritable(tmp_path / "new" / "model")
    assert names(tmp_path) == ["notes.txt"]  # nothing is left of the trial


def test_what_is_read_only_is_refused_before_any_work(tmp_path, monkeypatch):
    (tmp_path / "model").mkdir()
    # Root may write everywhere: so asks who may not.
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(UserError, match="model is there and read-only"):
        refuse_unwritable(tmp_path / "model")


@pytest.mark.parametrize("error", [
    OSError(errno.ENOSPC, "No space left on device"), OSError("480 requested and 12 written")])
def test_no_room_while_writing_names_the_place(tmp_path, error):
    with pytest.raises(UserError, match=r"value.txt cannot be written \(.*\); make room there"), \
            replacing(tmp_path / "value.txt"):
        raise error
    assert names(tmp_path) == []


def test_what_else_fails_while_writing_is_told_as_what_it_is(tmp_path):
    with pytest.raises(FileNotFoundError), replacing(tmp_path / "value.txt"):
        (tmp_path / "source.txt").read_text()
    with pytest.raises(PermissionError), replacing(tmp_path / "value.txt"):
        raise PermissionError(errno.EACCES, "Permission denied", "source.txt")


def test_what_shutil_collects_of_a_folder_is_told_as_the_place_without_room(tmp_path, monkeypatch):
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "weights").write_text("many")

    def full(_, target, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), target)

    with pytest.raises(UserError) as caught, replacing(tmp_path / "model") as temporary:
        shutil.copytree(tmp_path / "source", temporary, copy_function=full)
    assert str(caught.value) == (f"{tmp_path / 'model'} cannot be written (No space left on "
                                 "device); make room there, or name another place.")
    assert names(tmp_path) == ["source"]


def test_room_that_is_not_there_is_told_before_the_work(tmp_path):
    refuse_without_room(tmp_path / "new" / "model", 1000)
    with pytest.raises(UserError, match=r"model needs 1,000,000,000.0 MB of room, and .* are free"):
        refuse_without_room(tmp_path / "new" / "model", 10 ** 15)


@pytest.mark.parametrize(("count", "told"), [
    (1, "1 byte"), (65_536, "65,536 bytes"), (100_000, "0.1 MB"), (1_040_000, "1.0 MB")])
def test_few_bytes_are_told_as_they_are(count, told):
    assert megabytes(count) == told


@pytest.fixture
def small(tmp_path):
    """A file system of one megabyte."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)],
                             capture_output=True) if shutil.which("mount") else None
    if mounted is None or mounted.returncode:
        pytest.skip("this system lets nobody here mount a small file system")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_is_one_sentence_and_what_was_there_stays(small):
    write_text(small / "old.txt", "old")
    for large in (lambda path: np.zeros(1 << 18).tofile(path),
                  lambda path: path.write_bytes(bytes(1 << 21)),
                  lambda path: new_array(path, np.float64, (1 << 18,))):
        with pytest.raises(UserError, match=r"old.txt cannot be written \(.*\); make room there"), \
                replacing(small / "old.txt") as temporary:
            large(temporary)
        assert names(small) == ["old.txt"] and (small / "old.txt").read_text() == "old"
    with pytest.raises(UserError, match=f"{small} cannot be written .*; make room there"), \
            temporary_files(small / "out") as folder, replacing(folder / "deep" / "b") as temporary:
        temporary.write_bytes(bytes(1 << 21))


@pytest.mark.parametrize("content", ["[", "[]", "{}", '{"b": 1}', "\xff"])
def test_a_record_that_is_none_or_lacks_what_is_needed_is_told(tmp_path, content):
    (tmp_path / "a.json").write_text(content, encoding="latin-1")
    with pytest.raises(UserError, match="a.json is no record with a; make it again"):
        read_record(tmp_path / "a.json", "a")
    assert known_record(tmp_path / "a.json") == ({"b": 1} if "b" in content else {})
