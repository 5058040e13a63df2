import io
import os
import stat
import tarfile
import zipfile

import pytest

from common.archives import is_archive, unpack
from common.errors import UserError

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
    member.type, member.linkname = kind, "harmless.txt"
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


def test_an_encrypted_zip_is_one_sentence(tmp_path):
    archive = write_zip(tmp_path / "a.zip", {"a.txt": b"secret"}, zipfile.ZIP_STORED)
    data = bytearray(archive.read_bytes())
    # Bit 0 of the flags says that the member is encrypted: in its own header (at 6) and in the
    # directory's entry (at 8).
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    archive.write_bytes(data)
    refused(archive, tmp_path, "encrypted")
