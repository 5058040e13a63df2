import gzip
import io
import os
import stat
import tarfile
import zipfile
from types import SimpleNamespace

import pytest

from words_and_images.common import archives
from words_and_images.common.archives import is_archive, tar_members, unpack, zip_members
from words_and_images.common.errors import UserError
from words_and_images.common.streams import opened as opened_stream

CONTENT = {"photos/a.txt": b"first", "photos/deep/er/b.txt": b"second"}


def write_zip(path, content=CONTENT, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return path


def write_tar(path, content=CONTENT, mode="w"):
    with tarfile.open(path, mode) as archive:
        for name, data in content.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def write_tar_with(path, member):
    """A harmless file, and then the member."""
    with tarfile.open(path, "w") as archive:
        archive.addfile(tarfile.TarInfo("harmless.txt"))
        archive.addfile(member)
    return path


def unpacked(archive, tmp_path):
    folder = tmp_path / "inside"
    folder.mkdir()
    unpack(archive, folder)
    return {path.relative_to(folder).as_posix(): path.read_bytes()
            for path in folder.rglob("*") if path.is_file()}


def refused(archive, tmp_path, match):
    """Unpacking raises, and writes nothing anywhere."""
    folder = tmp_path / "deep" / "inside"
    folder.mkdir(parents=True)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UserError, match=match) as caught:
        unpack(archive, folder)
    assert str(archive) in str(caught.value)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("name", ["zip", "w", "w:gz", "w:bz2", "w:xz"])
def test_every_kind_of_archive_is_told_by_its_content_and_unpacked(tmp_path, name):
    path = tmp_path / "archive"  # no suffix
    archive = write_zip(path) if name == "zip" else write_tar(path, mode=name)
    assert is_archive(archive)
    assert unpacked(archive, tmp_path) == CONTENT


def test_a_text_a_folder_and_a_missing_file_are_no_archives(tmp_path):
    (tmp_path / "a.zip").write_text("no archive")
    assert not is_archive(tmp_path / "a.zip")
    assert not is_archive(tmp_path)
    assert not is_archive(tmp_path / "missing.zip")
    refused(tmp_path / "a.zip", tmp_path, "neither a zip nor a tar")


@pytest.mark.parametrize("name", ["../out.txt", "a/../../out.txt", "/out.txt", "..\\out.txt",
                                  "C:\\out.txt", ".."])
def test_names_that_lead_out_of_the_folder_are_refused(tmp_path, name):
    content = {"harmless.txt": b"", name: b"harm"}
    refused(write_zip(tmp_path / "a.zip", content), tmp_path, "leads out")


@pytest.mark.parametrize("name", ["../out.txt", "a/../../out.txt", "/out.txt"])
def test_names_that_lead_out_of_the_folder_are_refused_in_tar_too(tmp_path, name):
    content = {"harmless.txt": b"", name: b"harm"}
    refused(write_tar(tmp_path / "a.tar", content), tmp_path, "leads out")


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE,
                                  tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_in_a_tar_are_refused(tmp_path, kind):
    member = tarfile.TarInfo("innocent")
    member.type, member.linkname = kind, "/etc/passwd"
    refused(write_tar_with(tmp_path / "a.tar", member), tmp_path, "link or device 'innocent'")


def test_links_in_a_zip_are_refused(tmp_path):
    link = zipfile.ZipInfo("innocent")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("harmless.txt", "")
        archive.writestr(link, "/etc/passwd")
    refused(tmp_path / "a.zip", tmp_path, "link 'innocent'")


@pytest.mark.parametrize("name", ["zip", "w", "w:gz", "w:bz2", "w:xz"])
@pytest.mark.parametrize("share", [0.01, 0.3, 0.7])
def test_a_truncated_archive_is_one_sentence(tmp_path, name, share):
    path = tmp_path / "archive"
    content = {"a.bin": os.urandom(30_000)}
    archive = write_zip(path, content) if name == "zip" else write_tar(path, content, name)
    whole = archive.read_bytes()
    archive.write_bytes(whole[: max(12, int(len(whole) * share))])
    is_archive(archive)  # it may be taken for one or not, but does not fail
    (tmp_path / "inside").mkdir()
    with pytest.raises(UserError, match=str(archive)):
        unpack(archive, tmp_path / "inside")


@pytest.mark.parametrize("name", ["zip", "w:gz", "w:bz2", "w:xz"])
def test_a_damaged_archive_is_one_sentence(tmp_path, name):
    path = tmp_path / "archive"
    content = {"a.txt": b"".join(b"%d " % (i * i % 977) for i in range(20_000))}
    archive = write_zip(path, content) if name == "zip" else write_tar(path, content, name)
    damaged = bytearray(archive.read_bytes())
    middle = len(damaged) // 2
    damaged[middle : middle + 50] = bytes(50)
    archive.write_bytes(damaged)
    (tmp_path / "inside").mkdir()
    with pytest.raises(UserError, match=str(archive)):
        unpack(archive, tmp_path / "inside")


def encrypted(archive, name):
    """Mark a member as encrypted: bit 0 of the flags, at 6 of its header and 8 of its entry."""
    data = bytearray(archive.read_bytes())
    for signature, at, length in ((b"PK\x03\x04", 6, 30), (b"PK\x01\x02", 8, 46)):
        start = -1
        while (start := data.find(signature, start + 1)) >= 0:
            if data[start + length:start + length + len(name)] == name.encode():
                data[start + at] |= 1
    archive.write_bytes(data)
    return archive


def test_an_encrypted_member_is_refused_before_anything_is_written(tmp_path):
    content = {"first.txt": b"open", "secret.txt": b"secret"}
    archive = write_zip(tmp_path / "a.zip", content, zipfile.ZIP_STORED)
    assert zipfile.ZipFile(archive).read("secret.txt") == b"secret"
    refused(encrypted(archive, "secret.txt"), tmp_path,
            "holds 'secret.txt' encrypted; unpack it yourself and give the folder")


def zeros(size):
    """A stream of zeros that is not in memory."""
    class Zeros(io.RawIOBase):
        left = size

        def read(self, wanted=-1):
            count = self.left if wanted < 0 else min(wanted, self.left)
            self.left -= count
            return bytes(count)

    return Zeros()


def write_bomb(path, mode, megabytes):
    """A member of so many zeros, behind a harmless one."""
    size = megabytes * 2**20
    if mode == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("harmless.txt", "")
            with archive.open("bomb.bin", "w") as member:
                for _ in range(megabytes):
                    member.write(bytes(2**20))
        return path
    member = tarfile.TarInfo("bomb.bin")
    member.size = size
    with tarfile.open(path, mode) as archive:
        archive.addfile(tarfile.TarInfo("harmless.txt"))
        archive.addfile(member, zeros(size))
    return path


@pytest.mark.parametrize("mode", ["zip", "w:gz", "w:bz2", "w:xz"])
def test_an_archive_that_unpacks_to_far_more_than_its_size_is_refused(tmp_path, monkeypatch, mode):
    monkeypatch.setattr(archives, "SIZE_CAP", 10 * 2**20)
    bomb = write_bomb(tmp_path / "bomb", mode, 11)
    assert bomb.stat().st_size < 2**20 / 50
    refused(bomb, tmp_path, "would unpack to more than 10,485,760 bytes")


def test_a_tar_is_refused_at_the_head_of_the_large_member_not_behind_it(tmp_path):
    """A terabyte announced; nothing of it is there, nor would it be waited for."""
    member = tarfile.TarInfo("bomb.bin")
    member.size = 2**40
    path = tmp_path / "bomb.tar.gz"
    with gzip.open(path, "wb") as stream:
        stream.write(member.tobuf() + bytes(10_000))
    refused(path, tmp_path, "would unpack to more than 1,073,741,824 bytes")


def test_large_members_that_do_not_shrink_are_no_bomb(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "SIZE_CAP", 1000)
    content = {"a.bin": os.urandom(40_000)}
    assert unpacked(write_zip(tmp_path / "a.zip", content), tmp_path) == content


def test_small_members_that_shrink_to_nothing_are_no_bomb(tmp_path):
    content = {"a.txt": bytes(2**20)}
    assert unpacked(write_zip(tmp_path / "a.zip", content), tmp_path) == content


def test_an_archive_larger_than_the_free_disk_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archives.shutil, "disk_usage",
                        lambda path: SimpleNamespace(free=39_999))
    refused(write_zip(tmp_path / "a.zip", {"a.bin": os.urandom(40_000)}), tmp_path,
            "more than the 39,999 bytes that are free .* make room")


def test_a_file_where_a_folder_must_be_is_one_sentence(tmp_path):
    archive = write_zip(tmp_path / "a.zip", {"a": b"file", "a/b": b"in it"})
    (tmp_path / "inside").mkdir()
    with pytest.raises(UserError, match="cannot be unpacked"):
        unpack(archive, tmp_path / "inside")


def test_names_of_any_letters_and_an_empty_archive_unpack(tmp_path):
    content = {"a b/\u00e9 \U0001f32d.txt": b"x", "./c.txt": b"y"}
    assert unpacked(write_tar(tmp_path / "a.tar", content), tmp_path) == {
        "a b/\u00e9 \U0001f32d.txt": b"x", "c.txt": b"y"}
    write_zip(tmp_path / "empty.zip", {})
    (tmp_path / "none").mkdir()
    unpack(tmp_path / "empty.zip", tmp_path / "none")
    assert list((tmp_path / "none").iterdir()) == []


def unflagged(path, name, content):
    """A zip of one file whose name is the bytes given, without the flag of UTF-8."""
    stand_in = b"x" * len(name)
    write_zip(path, {stand_in.decode(): content}, zipfile.ZIP_STORED)
    path.write_bytes(path.read_bytes().replace(stand_in, name))
    return path


@pytest.mark.parametrize(("name", "wanted"), [
    ("k\u00f6ln/a.txt".encode(), "k\u00f6ln/a.txt"),  # as macOS writes
    ("ko\u0308ln/\u732b.txt".encode(), "ko\u0308ln/\u732b.txt"),
    ("k\u00f6ln/a.txt".encode("cp437"), "k\u00f6ln/a.txt"),  # as DOS and Windows write
])
def test_names_of_a_zip_without_the_flag_are_utf_8_where_they_can_be(tmp_path, name, wanted):
    archive = unflagged(tmp_path / "a.zip", name, b"content")
    assert unpacked(archive, tmp_path) == {wanted: b"content"}


def test_names_of_a_zip_with_the_flag_are_left_alone(tmp_path):
    content = {"k\u00f6ln/\u732b.txt": b"content"}
    assert unpacked(write_zip(tmp_path / "a.zip", content), tmp_path) == content


@pytest.mark.parametrize("write", [write_zip, write_tar])
def test_backslashes_part_folders(tmp_path, write):
    archive = write(tmp_path / "archive", {"photos\\cat\\1.txt": b"1", "photos\\dog\\1.txt": b"2"})
    assert unpacked(archive, tmp_path) == {"photos/cat/1.txt": b"1", "photos/dog/1.txt": b"2"}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("second", ["a/1.txt", "./a/1.txt", "a\\1.txt"])
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_two_members_of_one_name_are_refused(tmp_path, kind, second):
    path = tmp_path / "archive"
    if kind == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            for name in ("a/1.txt", second):
                archive.writestr(name, name)
    else:
        with tarfile.open(path, "w") as archive:
            for name in ("a/1.txt", second):
                archive.addfile(tarfile.TarInfo(name))
    refused(path, tmp_path, "holds two files called '(./)?a/1.txt'; rename one")


def test_a_hard_link_within_a_tar_is_the_file_it_links_to(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "1.txt").write_bytes(b"content")
    os.link(folder / "1.txt", folder / "2.txt")
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for name in ("1.txt", "2.txt"):
            archive.add(folder / name, f"photos/{name}")
        assert archive.getmember("photos/2.txt").islnk()
    assert unpacked(tmp_path / "a.tar", tmp_path) == {
        "photos/1.txt": b"content", "photos/2.txt": b"content"}


def test_a_zip_that_is_cut_short_is_told_to_be_one(tmp_path):
    archive = write_zip(tmp_path / "a.zip", {"a.bin": os.urandom(3000)})
    archive.write_bytes(archive.read_bytes()[:2000])
    assert is_archive(archive)
    refused(archive, tmp_path, "is a zip archive that is cut short.*fetch it again")


def test_a_tar_that_is_cut_short_within_its_packing_is_told_to_be_an_archive(tmp_path):
    archive = write_tar(tmp_path / "a.tar.gz", {"a.bin": os.urandom(3000)}, "w:gz")
    archive.write_bytes(archive.read_bytes()[:200])
    assert is_archive(archive)
    refused(archive, tmp_path, "cannot be unpacked")


@pytest.mark.parametrize(("method", "named"), [(9, "Deflate64 .method 9."), (200, "method 200")])
def test_a_packing_that_is_not_known_is_named(tmp_path, method, named):
    archive = write_zip(tmp_path / "a.zip", {"a.txt": b"content"}, zipfile.ZIP_STORED)
    data = bytearray(archive.read_bytes())
    data[8] = data[data.index(b"PK\x01\x02") + 10] = method
    archive.write_bytes(data)
    refused(archive, tmp_path, f"holds 'a.txt' packed by {named}, which is not read; unpack it")


def test_more_entries_than_a_folder_takes_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MOST_ENTRIES", 3)
    content = {f"{number}.txt": b"" for number in range(4)}
    refused(write_zip(tmp_path / "a.zip", content), tmp_path / "zip", "more than 3 files")
    refused(write_tar(tmp_path / "a.tar", content), tmp_path / "tar", "more than 3 files")


def test_a_zip_with_a_long_list_of_files_is_not_even_listed(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "LIST_CAP", 100)
    refused(write_zip(tmp_path / "a.zip"), tmp_path, "list of files of more than 100 bytes")


def test_a_name_that_no_file_can_have_is_refused(tmp_path):
    content = {"/".join(["deep"] * 1000): b""}
    refused(write_zip(tmp_path / "a.zip", content), tmp_path / "zip", "a name of more than 4,096")
    refused(write_tar(tmp_path / "a.tar", content), tmp_path / "tar", "a name of more than 4,096")


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME])
def test_a_header_of_a_tar_takes_no_memory(tmp_path, kind):
    header = tarfile.TarInfo("x")
    header.type, header.size = kind, 10**9
    with gzip.open(tmp_path / "a.tar.gz", "wb", compresslevel=1) as packed:
        packed.write(header.tobuf() + bytes(1 << 16))
    assert is_archive(tmp_path / "a.tar.gz")
    refused(tmp_path / "a.tar.gz", tmp_path, "a header of 1,000,000,000 bytes")


def test_a_tar_that_is_streamed_takes_no_memory_for_each_entry(tmp_path, monkeypatch):
    content = {f"{number}.txt": b"text" for number in range(50)}
    write_tar(tmp_path / "a.tar", content)
    kept = []
    following = tarfile.TarFile.next
    monkeypatch.setattr(tarfile.TarFile, "next", lambda opened: (
        kept.append(len(opened.members)), following(opened))[1])
    with opened_stream(tmp_path / "a.tar") as stream:
        assert {name: member.read() for name, member in tar_members(stream, "a.tar")} == content
    assert max(kept) <= 2


def test_a_full_disk_is_not_the_archives_fault(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "extract", full)
    with pytest.raises(OSError, match="No space left"):
        unpack(write_zip(tmp_path / "a.zip"), tmp_path)


def test_a_member_whose_own_header_has_another_name_is_one_sentence(tmp_path):
    content = bytearray(write_zip(tmp_path / "a.zip", {"a/b.txt": b"text"}).read_bytes())
    content[7] |= 0x08  # the flag for a name in UTF-8
    content[30] = 0x80
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(UserError, match="cannot be unpacked .*utf-8"):
        unpack(tmp_path / "a.zip", tmp_path)
    with opened_stream(tmp_path / "a.zip") as stream, pytest.raises(
            UserError, match="a/b.txt cannot be unpacked"):
        [member.read() for _, member in zip_members(stream, "it", len)]


@pytest.mark.parametrize("name", ["two\nlines", "x" * 5000, "\x1b[2J"])
def test_a_members_name_is_told_on_one_line_and_not_too_long(tmp_path, name):
    content = bytearray(write_zip(tmp_path / "a.zip", {name: b"text" * 99}).read_bytes())
    content[30 + len(name) : 34 + len(name)] = b"\xff" * 4  # what is packed
    (tmp_path / "a.zip").write_bytes(content)
    with opened_stream(tmp_path / "a.zip") as stream, pytest.raises(
            UserError, match="a.zip, .* cannot be unpacked") as caught:
        [member.read() for _, member in zip_members(stream, "a.zip", len)]
    assert str(caught.value).isprintable() and len(str(caught.value)) < 1000
