import os
import tempfile

import numpy as np
import pytest

from word2vec.corpus.encoded_corpus import EncodedCorpus
from word2vec.corpus.token_stream import TokenStream
from word2vec.corpus.vocabulary import Vocabulary

IDS = np.array([2, 0, 1, 0, 2, 1, 0, 0], np.int32)
BOUNDS, COUNTS = np.array([0, 3, 3, 8]), np.array([4, 2, 2])


def in_memory():
    return TokenStream(IDS.copy(), BOUNDS, COUNTS)


def on_disk(folder):
    np.save(folder / "corpus.npy", IDS)
    return TokenStream(np.load(folder / "corpus.npy", mmap_mode="r"), BOUNDS, COUNTS)


@pytest.fixture(params=["in memory", "on disk"])
def tokens(request, tmp_path):
    return in_memory() if request.param == "in memory" else on_disk(tmp_path)


def test_it_is_the_encoded_corpus_without_the_words():
    corpus = EncodedCorpus(IDS, BOUNDS, Vocabulary(["a", "b", "c"], COUNTS))
    tokens = TokenStream.of(corpus)
    assert tokens.ids is IDS and tokens.bounds is BOUNDS and tokens.counts is COUNTS
    assert len(tokens) == 8


@pytest.mark.parametrize(("start", "stop"), [(0, 8), (3, 6), (7, 8), (0, 0), (8, 8)])
def test_any_stretch_is_read(tokens, start, stop):
    read = tokens.read(start, stop)
    assert read.tolist() == IDS[start:stop].tolist() and read.dtype == np.int32


def test_what_is_read_is_a_copy_and_no_part_of_the_map(tokens):
    read = tokens.read(0, 8)
    assert not isinstance(read, np.memmap) and not np.shares_memory(read, tokens.ids)
    read[:] = 9
    assert tokens.read(0, 8).tolist() == IDS.tolist()


def test_another_process_opens_the_same_tokens(tokens, tmp_path):
    folder = tmp_path / "shared"
    folder.mkdir()
    opened = TokenStream.open(tokens.share(folder), folder)
    assert opened.read(2, 7).tolist() == IDS[2:7].tolist() and len(opened) == 8
    assert opened.bounds.tolist() == BOUNDS.tolist()
    assert opened.counts.tolist() == COUNTS.tolist()
    assert isinstance(opened.ids, np.memmap)


def test_a_mapped_file_is_shared_itself_and_named_from_the_root(tmp_path, monkeypatch):
    tokens = on_disk(tmp_path)
    folder = tmp_path / "shared"
    folder.mkdir()
    monkeypatch.chdir(folder)
    assert tokens.share(folder) == os.path.realpath(tmp_path / "corpus.npy")
    assert sorted(path.name for path in folder.iterdir()) == ["bounds.npy", "counts.npy"]


def test_ids_that_are_mapped_without_a_name_are_copied(tmp_path):
    with tempfile.TemporaryFile() as nameless:
        nameless.write(IDS.tobytes())
        nameless.flush()
        tokens = TokenStream(np.memmap(nameless, np.int32, "r"), BOUNDS, COUNTS)
        assert tokens.ids.filename is None
        assert tokens.read(2, 7).tolist() == IDS[2:7].tolist()
        shared = tokens.share(tmp_path)
    assert shared == str(tmp_path / "ids.npy")
    assert TokenStream.open(shared, tmp_path).read(0, 8).tolist() == IDS.tolist()


def test_a_part_of_a_mapped_corpus_is_that_part(tmp_path):
    whole = on_disk(tmp_path)
    part = TokenStream(whole.ids[3:], np.array([0, 5]), COUNTS)
    assert part.read(0, 5).tolist() == IDS[3:].tolist()
    folder = tmp_path / "shared"
    folder.mkdir()
    assert TokenStream.open(part.share(folder), folder).read(0, 5).tolist() == IDS[3:].tolist()
