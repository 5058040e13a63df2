import gzip
import os
import pickle
import signal
import subprocess
import sys

import numpy as np
import pytest

from word2vec.corpus import numbering, shards, token_check
from word2vec.corpus.documents import text
from word2vec.corpus.documents.text import can_be_cut, cuts, lines, lines_between
from word2vec.corpus.encoding import encode
from word2vec.corpus.numbering import LONGEST_WORD, number_documents
from word2vec.corpus.phrases import Phrase
from word2vec.corpus.shards import FilePart, Shard, merge, number_on_workers, number_shard
from word2vec.parameters import EncodeParameters, PhraseParameters
from words_and_images.common.engine import EngineParameters
from words_and_images.common.errors import UserError
from words_and_images.common.running import running

LANGUAGES = """The cat saw the dog, and New York saw the cat.

Der Müller fährt über die Straße nach München.
Мама мыла раму. ΟΔΥΣΣΕΥΣ ὁ Σίσυφος
हिन्दी भारत की राजभाषा है
İstanbul ISPARTA ırmak e\u0301te\u0301
我们今天去北京的天安门广场看升国旗仪式
ประเทศไทยเป็นประเทศที่ตั้งอยู่ในเอเชีย
 \t
the \ufeffdog \u200b and a so\u00adft \ufb01sh
New York New York
"""
TEXTS = {
    "languages": LANGUAGES.encode(),
    "no line end behind the last line": LANGUAGES.encode().rstrip(),
    "one line": b"one line of one document",
    "line feeds behind carriage returns": LANGUAGES.replace("\n", "\r\n").encode(),
    "carriage returns alone": LANGUAGES.replace("\n", "\r").encode(),
    "a mark at the beginning": ("\ufeff" + LANGUAGES).encode(),
    "marks behind blanks": ("\n \n\ufeff\ufeffa b\n\ufeffa b\n" + LANGUAGES).encode(),
    "UTF-16": LANGUAGES.encode("utf-16"),
    "packed": gzip.compress(LANGUAGES.encode()),
    "bytes of another encoding": LANGUAGES.encode("cp1252", "ignore") + LANGUAGES.encode(),
    "words that are too long": b"a b " + b"x" * LONGEST_WORD + b"\n" + b"x" * (LONGEST_WORD + 1)
    + b" a b\nb x",
    "empty lines": b"\n\n\na b a\n\n\n\nb\n\n\n",
    "many documents": b"".join(
        b"w%d the w%d of w%d\n" % (i * i % 97, i % 31, i) for i in range(300)),
}


class Here:
    """A cluster whose only worker is this process."""

    def __init__(self, shared=False):
        self.shared, self.items = shared, []

    def workers(self):
        return ["tcp://here:1"]

    def submit(self, function, *arguments, only):
        return function(*arguments)

    def answers(self, asked, seconds):
        return asked

    def in_order(self, work, items, sent=False):
        for item in items:
            self.items.append(item)
            yield pickle.loads(pickle.dumps(work(pickle.loads(pickle.dumps(item)))))


@pytest.fixture
def small_shards(monkeypatch):
    """Several shards, of several stretches, of the texts of these tests."""
    monkeypatch.setattr(shards, "SHARD", 150)
    monkeypatch.setattr(numbering, "TEXT_AT_ONCE", 60)


@pytest.fixture
def written(tmp_path):
    """A function that writes bytes as a file."""

    def write(content, name="text.txt"):
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    return write


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def both(tmp_path, documents, cluster, *arguments):
    """What `encode` writes without and with a cluster."""
    for name, by in (("local", None), ("cluster", cluster)):
        encode(documents, tmp_path / name, *arguments, cluster=by)
    return files(tmp_path / "local"), files(tmp_path / "cluster")


def refusal(*arguments, **named):
    with pytest.raises(UserError) as caught:
        encode(*arguments, **named)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_two_shards_by_hand(tmp_path):
    first = number_shard(Shard(["b a b\n\n", "c\n"], "words", False))
    assert first.words == [b"b", b"a", b"c"]
    assert first.numbers.tolist() == [0, 1, 0, 2] and first.ends.tolist() == [3, 3, 4]
    second = number_shard(Shard(["c a\nd b c\n"], "words", False))
    assert second.words == [b"c", b"a", b"d", b"b"]
    assert second.numbers.tolist() == [0, 1, 2, 3, 0] and second.ends.tolist() == [2, 5]
    corpus = merge([first, second], tmp_path / "merged", "words")
    # b 0, a 1, c 2 from the first shard; of the second only d is new.
    assert corpus.words == {b"b": 0, b"a": 1, b"c": 2, b"d": 3} and corpus.words.given == 4
    assert corpus.tokens.tolist() == [0, 1, 0, 2, 2, 1, 3, 0, 2]
    assert corpus.bounds.tolist() == [0, 3, 4, 6, 9]


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("tokens", ["letters", "words", "whitespace"])
@pytest.mark.parametrize("name", TEXTS)
def test_the_encoded_folder_is_the_same_to_the_byte(
    small_shards, written, tmp_path, name, tokens, shared
):
    local, here = both(tmp_path, written(TEXTS[name]), Here(shared),
                       EncodeParameters(tokens, min_count=1))
    assert local == here and set(local) >= {"ids.npy", "bounds.npy", "vocabulary.txt"}


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("phrases", [
    [[Phrase("new", "york", 1.0, 2, 2, 2)]],
    PhraseParameters(1, threshold=1, min_count=1, discount=0)])
def test_phrases_and_the_order_of_documents_are_the_same(
    small_shards, written, tmp_path, phrases, shuffle
):
    local, here = both(tmp_path, written(TEXTS["languages"]), Here(),
                       EncodeParameters(min_count=1, shuffle=shuffle, turkish=True), phrases)
    assert local == here and b"new_york" in local["vocabulary.txt"]


def test_documents_of_any_source_are_sent_in_their_order(small_shards, tmp_path):
    documents = ["a\nb c " * 30, "", "b\rc", "\ud800 d"] * 20
    cluster = Here(shared=True)  # which is of no use without a file
    local, here = both(tmp_path, documents, cluster, EncodeParameters(min_count=1))
    assert local == here and len(cluster.items) > 5


def test_a_text_of_fewer_documents_than_shards_has_a_shard_for_each(written, tmp_path, monkeypatch):
    monkeypatch.setattr(shards, "SHARD", 1)
    for shared in (False, True):
        cluster = Here(shared)
        number_on_workers(cluster, written(b"a b\nc\nb"), tmp_path / str(shared), "words")
        assert len(cluster.items) == (3 if shared else 1)


@pytest.mark.parametrize("content", [b"", b"\n", b"12 -\n3\n", b"a a"])
@pytest.mark.parametrize("shared", [False, True])
def test_a_text_with_too_few_words_is_refused_as_without_a_cluster(
    small_shards, written, tmp_path, content, shared
):
    path, parameters = written(content), EncodeParameters("letters", min_count=1)
    local = refusal(path, tmp_path / "encoded", parameters)
    assert refusal(path, tmp_path / "encoded", parameters, cluster=Here(shared)) == local
    assert not (tmp_path / "encoded").exists()


@pytest.mark.parametrize("shared", [False, True])
def test_a_file_that_is_no_text_is_refused_as_without_a_cluster(
    small_shards, written, tmp_path, shared
):
    path = written(b"a b c\n" * 100 + b"a\0b\n" + b"a b c\n" * 100)
    local = refusal(path, tmp_path / "encoded", EncodeParameters())
    assert "NUL" in local
    assert refusal(path, tmp_path / "encoded", EncodeParameters(), cluster=Here(shared)) == local


def test_forgetting_the_rarest_is_refused_before_anything_is_read(tmp_path):
    told = refusal(iter(lambda: pytest.fail("read"), None), tmp_path / "encoded",
                   EncodeParameters(max_counted=1000), cluster=Here())
    assert told.startswith("max_counted is 1000 and engine is dask")
    assert "leave max_counted out, or give engine local" in told


@pytest.mark.parametrize("tokens", ["letters", "words", "whitespace"])
@pytest.mark.parametrize("looked_at", [7, 40, 2000])
def test_the_same_is_said_of_text_that_the_tokens_do_not_suit(
    small_shards, tmp_path, monkeypatch, capsys, tokens, looked_at
):
    monkeypatch.setattr(token_check, "LOOKED_AT", looked_at)
    monkeypatch.setattr(token_check, "AT_ONCE", 5)
    more = ["Größe und Mühe", "東京の大学で友達と"] * 9 + ["plain"] * 9
    documents = LANGUAGES.splitlines() + more
    number_documents(documents, tmp_path / "local", tokens)
    local = warnings(capsys)
    number_on_workers(Here(), documents, tmp_path / "here", tokens)
    assert warnings(capsys) == local and len(local) == 1


def test_what_workers_read_themselves_is_judged_alike(small_shards, written, tmp_path, capsys):
    path = written(TEXTS["languages"])
    for tokens in ("letters", "words"):
        number_documents(lines(path), tmp_path / f"local {tokens}", tokens)
        local = warnings(capsys)
        number_on_workers(Here(shared=True), path, tmp_path / f"here {tokens}", tokens)
        assert warnings(capsys) == local


def warnings(capsys):
    return [line for line in capsys.readouterr().err.splitlines() if line.startswith("warning: ")]


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("at_once", [9, 20, 64, 1000])
def test_lines_between_cuts_are_the_lines_of_the_file(written, name, at_once):
    path = written(TEXTS[name])
    whole = name not in ("packed", "UTF-16", "carriage returns alone")
    assert can_be_cut(path) == whole
    if whole:
        assert in_parts(path, at_once) == list(lines(path))


@pytest.mark.parametrize("seed", range(20))
def test_overlong_lines_are_cut_where_they_are_in_the_whole_file(written, monkeypatch, seed):
    monkeypatch.setattr(text, "LONGEST_LINE", 16)
    drawn = np.random.default_rng(seed).choice([*"abc é\t\n字"], 500, p=[.2, .2, .2, .1, .1, .05,
                                                                         .05, .1])
    path = written("x".join("".join(drawn).split("b")).encode())
    for at_once in (1, 10, 100):
        assert in_parts(path, at_once) == list(lines(path))


def in_parts(path, at_once):
    bounds = list(cuts(path, path.stat().st_size, at_once))
    assert [begin for begin, _ in bounds] == [0, *(end for _, end in bounds[:-1])]
    assert bounds[-1][1] == path.stat().st_size
    return [line for begin, end in bounds for line in lines_between(path, begin, end)]


def test_a_beginning_of_blanks_and_what_is_no_file_are_not_cut(written, tmp_path):
    assert not can_be_cut(written(b" \n" * 50_000 + b"a b\n"))
    assert not can_be_cut(tmp_path) and not can_be_cut(tmp_path / "missing")


def test_workers_read_a_plain_file_themselves_where_they_share_it(small_shards, written, tmp_path):
    plain, packed = written(TEXTS["languages"]), written(TEXTS["packed"], "text.gz")
    for shared, path, kind in ((True, plain, FilePart), (True, packed, list), (False, plain, list)):
        cluster = Here(shared)
        number_on_workers(cluster, path, tmp_path / f"{shared} {path.name}", "words")
        assert len(cluster.items) > 1 and {type(item.part) for item in cluster.items} == {kind}


@pytest.mark.parametrize(("there", "reason"), [
    ("missing", "No such file or directory"), ("other.txt", "it has 6 bytes there and 8 here")])
def test_a_worker_without_the_file_is_told_before_anything_is_read(
    written, tmp_path, monkeypatch, there, reason
):
    path, other, cluster = written(b"a b\nb a\n"), written(b"a b\nb\n", "other.txt"), Here(True)
    monkeypatch.setattr(cluster, "submit", lambda function, _, size, only: function(
        str(other.with_name(there)), size))
    told = refusal(path, tmp_path / "encoded", EncodeParameters(), cluster=cluster)
    assert told == (f"the worker tcp://here:1 cannot read the {path} of this process ({reason}); "
                    "have both read the same file under this path, or send it with --engine-files "
                    "sent (engine.files in params.yaml).")
    assert not cluster.items


@pytest.mark.parametrize("size", [8, 9])
def test_a_worker_that_loses_the_file_tells_so(written, size):
    path = written(b"a b\nb a\n" * (size - 8))  # gone, or cut short
    with pytest.raises(UserError, match="cannot read the .* of this process .*; have both read"):
        number_shard(Shard(FilePart(str(path), size, 0, size), "words", False))


def test_the_package_does_without_dask():
    code = ("import sys, word2vec.corpus.shards, word2vec.corpus.encoding\n"
            "assert not {'dask', 'distributed'} & sys.modules.keys()")
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.fixture(scope="module")
def two_workers():
    pytest.importorskip("distributed", reason="needs Dask: pip install '.[cluster]'")
    with running(EngineParameters("dask", processes=2)) as cluster:
        yield cluster


@pytest.mark.parametrize("shared", [False, True])
def test_two_workers_write_the_same_bytes(
    two_workers, small_shards, written, tmp_path, monkeypatch, shared
):
    monkeypatch.setattr(two_workers, "shared", shared)
    local, there = both(tmp_path, written(TEXTS["many documents"]), two_workers, EncodeParameters())
    assert local == there


@pytest.mark.parametrize("shared", [False, True])
def test_what_a_worker_refuses_is_one_sentence_here(
    two_workers, small_shards, written, tmp_path, monkeypatch, shared
):
    monkeypatch.setattr(two_workers, "shared", shared)
    path = written(b"a b c\n" * 100 + b"a\0b\n")
    told = refusal(path, tmp_path / "encoded", EncodeParameters(), cluster=two_workers)
    assert told.startswith(f"{path} is no text (it holds a NUL byte)")


def test_a_worker_that_is_killed_changes_nothing(two_workers, small_shards, tmp_path):
    documents = TEXTS["many documents"].decode().splitlines()
    encode(documents, tmp_path / "local", EncodeParameters())
    victim = min(two_workers.client.run(os.getpid).values())

    def killing():
        for number, document in enumerate(documents):
            if number == len(documents) // 2:
                os.kill(victim, signal.SIGKILL)
            yield document

    encode(killing(), tmp_path / "there", EncodeParameters(), cluster=two_workers)
    assert files(tmp_path / "there") == files(tmp_path / "local")
