"""Every parser that meets a stranger's bytes: files that our own writers made, and what reads them.

`TARGETS` is the one list for Hypothesis (test_targets.py) and atheris (run.py). A reader takes the
path of one of the files, whatever is in it by then.
"""

import bz2
import gzip
import io
import json
import lzma
import pickle
import shutil
import struct
import tarfile
import zipfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import numpy as np

from tests.tools.fasttext_models import fasttext_model
from words_and_images.common.errors import UserError
from words_and_images.common.streams import zstandard

WORDS = ["king", "queen", "man", "woman", "café"]
VALUES = np.arange(20, dtype=np.float32).reshape(5, 4) / 7 - 1
PROSE = "The café of Zoë’s.\nA king, a queen and a man\nwith “quotes” & more.\n"
SIDE = 16  # pixels
PIXELS = 1 << 20  # of an image: the cap of 100 million takes seconds and 1.6 GB


class Target(NamedTuple):
    """A parser.

    `make` writes whole files into an empty folder and tells which; `read` reads one of them.
    """

    name: str
    make: Callable[[Path], Iterable[Path]]
    read: Callable[[Path], Any]


TARGETS: dict[str, Target] = {}
SLOW = ("saved_models",)  # which TensorFlow reads; for atheris alone


def _target(make: Callable[[Path], Iterable[Path]]) -> Callable[[Callable], Callable]:
    def listed(read: Callable[[Path], Any]) -> Callable[[Path], Any]:
        TARGETS[read.__name__] = Target(read.__name__, make, read)
        return read

    return listed


# --- words ---------------------------------------------------------------------------------------


def _vector_files(folder: Path) -> list[Path]:
    from word2vec.vectors import WordVectors
    from word2vec.vectors.formats.vector_files import write_vectors

    vectors = WordVectors(WORDS, VALUES, np.array([9, 7, 5, 3, 1]))
    names = ("a.txt", "a.bin", "b.vec.gz", "b.txt.xz", "b.bin.zst", "b.bin.bz2", "a.tsv",
             "a.safetensors")
    for name in names:
        write_vectors(folder / name, WORDS, VALUES, vectors.counts)
    vectors.save_word2vec_format(folder / "glove.txt", write_header=False)
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        archive.write(folder / "glove.txt", "glove.txt")
        archive.writestr("read.me", PROSE)
    return [*(folder / name for name in (*names, "glove.txt", "a.zip")), folder / "a_words.tsv"]


@_target(_vector_files)
def vector_files(path: Path) -> None:
    from word2vec.vectors import load_vectors

    vectors = load_vectors(path.with_name("a.tsv") if path.name == "a_words.tsv" else path)
    vectors.most_similar(vectors.index_to_key[0])


def _fasttext_model(folder: Path) -> list[Path]:
    rows = np.arange(4 * (len(WORDS) + 9), dtype=np.float32).reshape(-1, 4) / 7 - 1
    (folder / "a.bin").write_bytes(fasttext_model(WORDS, rows, buckets=9))
    return [folder / "a.bin"]


@_target(_fasttext_model)
def fasttext_models(path: Path) -> None:
    from word2vec.vectors import load_vectors

    vectors = load_vectors(path)
    vectors.most_similar(vectors.index_to_key[0])
    vectors.similarity("kings", "queens")


def _not_vectors(folder: Path) -> list[Path]:
    settings = struct.pack("<12i", 4, 5, 5, 5, 5, 1, 1, 2, 2000, 3, 6, 100)
    (folder / "old.bin").write_bytes(settings + b"king\0" + VALUES.tobytes())
    (folder / "a.npy").write_bytes(_npy(VALUES))
    (folder / "a.model").write_bytes(b"\x80\x04cgensim.models\nWord2Vec\n.")
    return sorted(folder.iterdir())


@_target(_not_vectors)
def files_that_hold_no_vectors(path: Path) -> None:
    """Those are refused, and by their kind; what they become by a change may hold vectors."""
    from word2vec.vectors.formats.vector_files import holds_vectors

    holds_vectors(path)


def _vector_folder(folder: Path) -> list[Path]:
    from word2vec.vectors import WordVectors

    WordVectors(WORDS, VALUES, np.array([9, 7, 5, 3, 1])).save(folder / "vectors")
    _without_lists(folder)
    return [folder / "vectors" / name
            for name in ("input_vectors.npy", "vocabulary.txt", "record.json")]


@_target(_vector_folder)
def vector_folders(path: Path) -> None:
    from word2vec.vectors import load_vectors
    from words_and_images_page.words import read_record

    vectors = load_vectors(path.parent)
    vectors.most_similar(vectors.index_to_key[0])
    read_record(path.parent)


def _counts(folder: Path) -> list[Path]:
    (folder / "counts.txt").write_text("".join(f"{word} 12\n" for word in WORDS))
    return [folder / "counts.txt"]


@_target(_counts)
def counts(path: Path) -> None:
    from word2vec.vectors.formats.read_options import ReadOptions
    from word2vec.vectors.gensim_files import read_counts

    read_counts(path, WORDS, ReadOptions())


def _encoded(folder: Path) -> list[Path]:
    from word2vec.corpus.encoding import encode
    from word2vec.corpus.phrases import parse_phrases
    from word2vec.parameters import EncodeParameters

    encode(["new york is a town", "the king of new york"] * 3, folder / "encoded",
           EncodeParameters(min_count=1, tokens="whitespace"), parse_phrases("new york\n", "it"))
    _without_lists(folder)
    return sorted(path for path in (folder / "encoded").iterdir())


@_target(_encoded)
def encoded_corpora(path: Path) -> None:
    from word2vec.corpus.encoded_corpus import EncodedCorpus
    from word2vec.corpus.reading import Reading

    corpus = EncodedCorpus.load(path.parent)
    assert (corpus.vocabulary.counts[corpus.ids] > 0).all()
    Reading.load(path.parent)


def _documents(folder: Path) -> list[Path]:
    records = [{"text": PROSE, "n": 1}, {"text": ["a", "king"], "data": {"text": "x"}}]
    table = 'id,text\n1,a king\n2,"a ""queen""\nof it"\n'
    files = {
        "a.txt": PROSE.encode(), "latin.txt": "Müller café\n".encode("latin-1"),
        "utf16.txt": PROSE.encode("utf-16"), "mac.txt": PROSE.replace("\n", "\r").encode(),
        "a.json": json.dumps(records).encode(),
        "a.jsonl": "\n".join(map(json.dumps, records)).encode(),
        "a.csv": table.encode(), "a.tsv": table.replace(",", "\t").encode(),
        "a.html": b"<!DOCTYPE html><html><body><p>king &amp; queen</p></body></html>",
        "a.md": b"# Title\n\n* king\n* [queen](http://x)\n", "a.xml": _dump(),
        "a.txt.gz": gzip.compress(PROSE.encode()), "a.txt.bz2": bz2.compress(PROSE.encode()),
        "a.txt.xz": lzma.compress(PROSE.encode()),
        "a.txt.zst": zstandard().compress(PROSE.encode()),
    }
    files["a.zip"], files["a.tar"] = _archives({"a/b.txt": PROSE.encode(), "c.csv": files["a.csv"]})
    files["a.tar.gz"] = gzip.compress(files["a.tar"])
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in files]


@_target(_documents)
def documents(path: Path) -> None:
    from word2vec.corpus.documents.own_text import own_documents
    from word2vec.parameters import ReadingParameters

    def read(field: str | None) -> None:
        for _ in own_documents(str(path), [path], ReadingParameters(field=field)):
            pass

    _either(lambda: read(None), lambda: read("text"))


def _labelled(folder: Path) -> list[Path]:
    rows = [("food", "bread\nand \"cheese\""), ("sport", "a goal, café")] * 2
    table = "label,text,split\n" + "".join(
        f'{label},"{text.replace(chr(34), chr(34) * 2)}",train\n' for label, text in rows)
    objects = [{"label": label, "text": text, "n": [1, {}]} for label, text in rows]
    lines = "".join(f"__label__{label} {' '.join(text.split())}\n" for label, text in rows)
    files = {
        "a.csv": table.encode(), "a.tsv": b"label\ttext\nfood\tbread\nsport\tgoal\n",
        "a.jsonl": "\n".join(map(json.dumps, objects)).encode(),
        "a.json": json.dumps(objects).encode(), "a.txt": lines.encode(),
        "b.txt": lines.encode("utf-16"), "a.csv.gz": gzip.compress(table.encode()),
        "a.jsonl.bz2": bz2.compress(json.dumps(objects[0]).encode() * 2),
        "a.txt.xz": lzma.compress(lines.encode()),
    }
    inside = {f"all/{label}/{number}.txt": text.encode()
              for number, (label, text) in enumerate(rows)}
    files["a.zip"], files["a.tar"] = _archives(inside)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in files]


@_target(_labelled)
def labelled_documents(path: Path) -> None:
    from texts.documents import DocumentsParameters, read_documents

    for document in read_documents(str(path), DocumentsParameters()):
        assert document.label and document.text.encode()


def _text_classifier(folder: Path) -> list[Path]:
    from texts.documents import DocumentsParameters
    from texts.retraining import Recipe, retrain_classifier

    table = folder / "a.csv"
    table.write_text("label,text\n" + "".join(
        f"{label},{word} {number}{'abcdefghijklmnopqrst'[number]}\n" for number in range(20)
        for label, word in (("food", "bread"), ("sport", "goal"))))
    retrain_classifier(Recipe(DocumentsParameters(str(table))), folder / "model")
    table.unlink()
    _without_lists(folder)
    return sorted((folder / "model").iterdir())


@_target(_text_classifier)
def text_classifiers(path: Path) -> None:
    from texts.classifier import Classifier, read_record
    from texts.description import describe

    Classifier.load(path.parent).classify(["bread and goal"])
    describe(path.parent, read_record(path.parent))


def _packaged(folder: Path) -> list[Path]:
    articles = {"a": {"title": "king", "extract": "a man", "description": None}}
    entry = {"entry": "king", "pos": [{"definitions": [{"text": "a man", "examples": ["x"]}]}]}
    news = "title,subtitle,text\nking,,a man\n"
    files = {
        "text": PROSE.encode(), "summaries": json.dumps(articles).encode(),
        "dictionary": json.dumps({"king": entry}).encode(),
        "factbook": json.dumps({"Geography": {"text": "<b>flat</b>", "Area": ["x"]}}).encode(),
        "orange_table": b"Title\tContent\nstring\tstring\nmeta\tmeta\nking\ta man\n",
        "wiki_dump": bz2.compress(_dump()), "zipped_news": _archives({"a.csv": news.encode()})[0],
        "zipped_text": _archives({"a.txt": PROSE.encode()})[0],
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in files]


@_target(_packaged)
def files_of_packages(path: Path) -> None:
    from word2vec.corpus.documents.readers import READERS
    from word2vec.corpus.documents.sources import _read
    from words_and_images.common.catalogue import Source

    origin = Source("it", "corpus", "", "", reader=path.name)
    for _ in _read(READERS[path.name](path.name, path.read_bytes()), origin, path.name):
        pass


def _evaluation_sets(folder: Path) -> list[Path]:
    files = {
        "questions.txt": ": family\nking man queen woman\n: capitals\nOslo Norway Paris France\n",
        "pairs.tsv": "# words\tand a score\nword1\tword2\tscore\nking\tqueen\t8.5\nman\tcar\t1\n",
        "pairs.csv": "king,queen,8.5\nman,car,1.2\n", "men.txt": "king-n queen-n 8.5\n",
        "phrases.txt": "# pass 1\nnew york\t0.5\t3\t4\t5\n# pass 2\nnew_york times\n",
        "plotted.txt": "france paris\n\nspain madrid\n"}
    for name, text in files.items():
        (folder / name).write_text(text)
    (folder / "questions.gz").write_bytes(gzip.compress(files["questions.txt"].encode()))
    return sorted(folder.iterdir())


@_target(_evaluation_sets)
def evaluation_sets_and_phrases(path: Path) -> None:
    from word2vec.corpus.phrases import load_phrases
    from word2vec.evaluation.analogies import read_questions
    from word2vec.evaluation.plots import read_plot_pairs
    from word2vec.evaluation.word_pairs import read_pairs

    _either(lambda: read_questions(path), lambda: read_pairs(path), lambda: load_phrases(path),
            lambda: read_plot_pairs(path))


def _trainings(folder: Path) -> list[Path]:
    from word2vec.corpus.vocabulary import Vocabulary
    from word2vec.training.checkpoints import Checkpoint, Kept
    from word2vec.training.worker import Standing

    _encoded(folder)
    vocabulary = Vocabulary(WORDS, np.array([9, 7, 5, 3, 1]))
    within = Standing(1, np.zeros((2, 3)), np.zeros((2, 2), np.int64))
    Checkpoint(folder / "checkpoint", "it").save(Kept(VALUES, VALUES, [0.5], within), vocabulary)
    earlier = folder / "earlier"
    shutil.copytree(folder / "encoded", earlier)
    vocabulary = Vocabulary.load(earlier / "vocabulary.txt")
    for name in ("input", "output"):
        (earlier / f"{name}_vectors.npy").write_bytes(
            _npy(np.ones((len(vocabulary), 4), np.float32)))
    record = json.loads((earlier / "record.json").read_text())
    record |= {"model": "cbow", "corpus": {"source": "it"}, "parameters": {"dim": 4}}
    (earlier / "record.json").write_text(json.dumps(record))
    _without_lists(folder)
    names = ("input_vectors.npy", "output_vectors.npy", "vocabulary.txt")
    return [*(folder / "checkpoint" / name for name in (*names, "state.json")),
            *(earlier / name for name in (*names, "phrases.txt", "record.json"))]


@_target(_trainings)
def trainings_to_go_on_with(path: Path) -> None:
    from word2vec.parameters import EncodeParameters
    from word2vec.training.checkpoints import Checkpoint
    from word2vec.training.continuation import Earlier

    if path.parent.name == "checkpoint":
        Checkpoint(path.parent, "it").load(
            lambda kept: kept.inputs.shape == kept.outputs.shape == (5, 4))
    else:
        earlier = Earlier.load(path.parent)
        earlier.agreed({"tokens": None, "dim": None}, None)
        earlier.phrases(None, EncodeParameters(tokens="whitespace"))


# --- images --------------------------------------------------------------------------------------


def _images(folder: Path) -> list[Path]:
    import pillow_heif
    from PIL import Image

    pillow_heif.register_heif_opener()
    generator = np.random.default_rng(1)
    picture = Image.fromarray(generator.integers(0, 256, (24, 20, 3)).astype(np.uint8))
    exif = Image.Exif()
    exif[274] = 6  # turned
    names = ("a.png", "a.jpg", "a.gif", "a.bmp", "a.webp", "a.tif", "a.heic", "a.avif")
    for name in names:
        picture.save(folder / name, exif=exif)
    picture.convert("RGBA").save(folder / "clear.png")
    picture.convert("P").save(folder / "palette.png", transparency=3)
    Image.fromarray(generator.integers(0, 1 << 16, (8, 8)).astype(np.uint16)).save(
        folder / "deep.png")
    picture.save(folder / "packed.tif", compression="tiff_lzw")
    picture.convert("CMYK").save(folder / "print.jpg", progressive=True)
    picture.save(folder / "moving.gif", save_all=True, append_images=[picture])
    return sorted(folder.iterdir())


@_target(_images)
def images(path: Path) -> None:
    from vision.photos.image import read_image
    from vision.photos.image_files import why_no_image
    from vision.sheets.sheet_files import is_sheet

    why_no_image(path)
    is_sheet(path)
    with mock.patch("vision.photos.image.PIXEL_CAP", PIXELS):
        assert read_image(path, SIDE, SIDE).shape == (SIDE, SIDE, 3)


def _archive_files(folder: Path) -> list[Path]:
    content = {"hotdog/1.jpg": b"not really", "hotdog/2.jpg": b"", "other/a/3.jpg": b"x" * 600}
    (folder / "a.zip").write_bytes(_archives(content)[0])
    tar = _archives(content)[1]
    (folder / "a.tar").write_bytes(tar)
    for ending, pack in (("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress)):
        (folder / f"a.tar.{ending}").write_bytes(pack(tar))
    return sorted(folder.iterdir())


@_target(_archive_files)
def archives(path: Path) -> None:
    from words_and_images.common.archives import is_archive, unpack

    is_archive(path)
    inside = path.parent / "unpacked" / "here"
    inside.mkdir(parents=True)
    try:
        unpack(path, inside)
    finally:
        beside = {each.name for each in inside.parent.iterdir()}
        links = [each for each in inside.rglob("*") if each.is_symlink()]
        shutil.rmtree(inside.parent)
        assert beside == {"here"} and not links, (beside, links)


def _idx(folder: Path) -> list[Path]:
    from examples.idx import write_idx

    content = write_idx(np.arange(24, dtype=np.uint8).reshape(2, 3, 4))
    (folder / "digits").write_bytes(content)
    (folder / "digits.gz").write_bytes(gzip.compress(content))
    return sorted(folder.iterdir())


@_target(_idx)
def idx_files(path: Path) -> None:
    from examples.idx import read_idx

    read_idx(path.read_bytes(), "it", (2, 3, 4))


def _pytorch(folder: Path) -> list[Path]:
    (folder / "weights.pth").write_bytes(saved_tensors(
        {"conv.weight": np.arange(12, dtype="<f4").reshape(3, 4), "bn.bias": np.ones(3, "<f8")}))
    return [folder / "weights.pth"]


@_target(_pytorch)
def pytorch_weights(path: Path) -> None:
    from vision.backbones.pytorch_weights import read_pytorch_weights

    for array in read_pytorch_weights(path.read_bytes(), "it").values():
        array.sum()


def _keras(folder: Path) -> list[Path]:
    import h5py

    with h5py.File(folder / "a.weights.h5", "w") as opened:
        opened["layers/dense/vars/0"] = np.ones((3, 2), np.float32)
        opened.create_dataset("layers/dense/vars/1", data=np.ones(8, np.float32), chunks=(4,),
                              compression="gzip")
        opened.attrs["layer_names"] = [b"dense"]
    with zipfile.ZipFile(folder / "a.keras", "w") as archive:
        archive.write(folder / "a.weights.h5", "model.weights.h5")
        archive.writestr("config.json", "{}")
    return sorted(folder.iterdir())


@_target(_keras)
def files_of_keras(path: Path) -> None:
    """What is found sound goes on to Keras, which meets the rest with errors of its own."""
    from vision.backbones.keras_files import refuse_unsound

    with suppress(ValueError):
        refuse_unsound(path, 14)


def _saved_model(folder: Path) -> list[Path]:
    from tests.tools.repositories import save_small_model

    save_small_model(folder / "model")
    return [folder / "model" / name
            for name in ("saved_model.pb", "variables/variables.index")]


@_target(_saved_model)
def saved_models(path: Path) -> None:
    from vision.backbones.runtime import load

    load(path.parent if path.name == "saved_model.pb" else path.parents[1])


def _splits(folder: Path) -> list[Path]:
    from vision.photos.split import write_split
    from words_and_images.retraining.split import SPLITS, Example, Split

    examples = [Example(f"{label}/{number}.jpg", label, f"{number:064x}", SPLITS[number % 3],
                        "group" if number < 2 else None)
                for label in ("hotdog", "other") for number in range(4)]
    write_split(Split(["hotdog", "other"], examples), folder / "split.json")
    return [folder / "split.json"]


@_target(_splits)
def splits(path: Path) -> None:
    from vision.photos.split import read_split
    from words_and_images.retraining.split import SPLITS
    from words_and_images_page.photos import find_examples

    find_examples(path, path.parent)
    split = read_split(path)
    assert len(split.targets) == sum(len(split.rows(name)) for name in SPLITS)
    assert set(split.counts()) == set(split.labels)


def _bottlenecks(folder: Path) -> list[Path]:
    from vision.backbones.bottlenecks import BottleneckCache

    BottleneckCache(folder, 3).add({f"{number:064x}": np.full(3, number, np.float32)
                                    for number in range(4)})
    return sorted(folder.iterdir())


@_target(_bottlenecks)
def kept_bottlenecks(path: Path) -> None:
    """A broken shard is removed, and said."""
    from vision.backbones.bottlenecks import BottleneckCache

    features = np.zeros((2, 3), np.float32)
    BottleneckCache(path.parent, 3).load_into(features, {f"{1:064x}": 0, "other": 1})
    assert np.isfinite(features).all()


def _networks(folder: Path) -> list[Path]:
    from vision.backbones.record import FLOAT32, NETWORK_FILE, BackboneRecord

    BackboneRecord("small", SIDE, SIDE, 12, "x", "it", "it", "", "it", FLOAT32).write(folder)
    (folder / NETWORK_FILE).write_bytes(small_network())
    return [folder / NETWORK_FILE]


@_target(_networks)
def networks_of_litert(path: Path) -> None:
    from vision.backbones import litert
    from vision.backbones.record import BackboneRecord

    network = litert.load(path.parent, BackboneRecord.read(path.parent))
    network(np.full((SIDE, SIDE, 3), 0.5, np.float32))


def _classifier(folder: Path) -> list[Path]:
    from words_and_images.neural.network import Network
    from words_and_images.neural.scaling import Standardiser
    from words_and_images.neural.training import TrainingRecord
    from words_and_images.retraining.head import Head

    backbone = folder / "classifier" / "backbone"
    backbone.mkdir(parents=True)
    _networks(backbone)
    generator = np.random.default_rng(1)
    standardiser = Standardiser.fit(generator.normal(0.5, 0.2, (9, 12)).astype(np.float32))
    Head(["hotdog", "nothotdog"], standardiser, Network.of_widths(generator, [12, 3, 2]), 0.9, 0.8,
         [TrainingRecord(1, 0.5, 0.5, 0.5, 0.5)]).write(folder / "classifier")
    record = {"looks": ["whole", "mirror"], "not_sure": 0.5, "labels": ["hotdog", "nothotdog"],
              "backbone": json.loads((backbone / "record.json").read_text()),
              "parameters": {"retrain": {"seed": 1}},
              "test": {"accuracy": 0.9, "count": 9, "interval": [0.5, 1.0], "labels": {
                  label: {"right": 4, "count": 9} for label in ("hotdog", "nothotdog")}}}
    (folder / "classifier" / "record.json").write_text(json.dumps(record))
    _without_lists(folder)
    return [folder / "classifier" / name for name in (
        "record.json", "labels.json", "history.json", "head.npz", "backbone/record.json")]


@_target(_classifier)
def classifiers(path: Path) -> None:
    from vision.classifier.classifier import Classifier
    from vision.classifier.description import describe

    folder = path.parent if path.name != "record.json" else path.parents[
        path.parent.name == "backbone"]
    loaded = Classifier.load(folder)
    picture = np.full((1, SIDE, SIDE, 3), 0.5, np.float32)
    loaded.head.probabilities(loaded.backbone.features(picture)[:, None])
    loaded.top(np.full(2, 0.5, np.float32))
    assert loaded.looks and 0 <= loaded.not_sure <= 1
    describe(folder, loaded.record, 80)


# --- the project's own settings and records ------------------------------------------------------


def _settings(folder: Path) -> list[Path]:
    root = Path(__file__).parents[2]
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copyfile(root / name, folder / name)
    sources = (root / "data" / "sources.yaml").read_bytes()
    (folder / "sources.yaml").write_bytes(sources[: sources.index(b"\n\n", 2000) + 1])
    return sorted(folder.iterdir())


@_target(_settings)
def settings(path: Path) -> None:
    from vision.photos.dataset import ImagesParameters
    from word2vec.parameters import TrainParameters
    from words_and_images.common.catalogue import load_catalogue
    from words_and_images.common.parameters import read_group, stage_parameters

    if path.name == "sources.yaml":
        load_catalogue(path)
    elif path.name == "dvc.yaml":
        stage_parameters(path)
    else:
        for name, group in {"train": TrainParameters, "images": ImagesParameters}.items():
            read_group(name, group, path)


def _own(folder: Path) -> list[Path]:
    from words_and_images.common.own_files import seal
    from words_and_images.retraining.folders import HEAD

    made = folder / "head"
    made.mkdir()
    for name in HEAD.mark:
        (made / name).write_text("[1]")
    seal(made, HEAD)
    return sorted(made.iterdir())


@_target(_own)
def lists_of_files(path: Path) -> None:
    from words_and_images.common.own_files import check, foreign_files, refuse_foreign, remedy_for
    from words_and_images.retraining.folders import HEAD

    foreign_files(path.parent, HEAD)
    remedy_for(path.parent, HEAD)
    refuse_foreign(path.parent, HEAD)
    check(path.parent, HEAD)


# --- what they are made with ---------------------------------------------------------------------


def small_network() -> bytes:
    """A .tflite file: the mean colours of the four quarters of an image, 12 features."""
    from ai_edge_litert import schema_py_generated as schema

    from vision.backbones.depthwise import packed

    shapes = [1, SIDE, SIDE, 3], [1, 2, 2, 3], [1, 12]
    pool = schema.Pool2DOptionsT(
        padding=schema.Padding.VALID, filterHeight=SIDE // 2, filterWidth=SIDE // 2,
        strideH=SIDE // 2, strideW=SIDE // 2)
    options = schema.BuiltinOptions
    operators = [
        schema.OperatorT(0, [0], [1], options.Pool2DOptions, pool),
        schema.OperatorT(1, [1], [2], options.ReshapeOptions, schema.ReshapeOptionsT([1, 12]))]
    graph = schema.SubGraphT([schema.TensorT(shape, name="it") for shape in shapes], [0], [2],
                             operators, "main")
    kinds = schema.BuiltinOperator.AVERAGE_POOL_2D, schema.BuiltinOperator.RESHAPE
    codes = [schema.OperatorCodeT(kind, None, 1, kind) for kind in kinds]
    return packed(schema.ModelT(3, codes, [graph], "small", [schema.BufferT()]), 4096)


def saved_tensors(arrays: dict[str, np.ndarray], state: bytes | None = None) -> bytes:
    """A file as torch.save wrote it before PyTorch 1.6; `state` in the place of its pickle."""
    from vision.backbones.pytorch_weights import MAGIC_NUMBER, PROTOCOL_VERSION, STORAGES

    names = {kind: name for name, kind in STORAGES.items()}
    stream = io.BytesIO()
    for value in (MAGIC_NUMBER, PROTOCOL_VERSION, {"little_endian": True}):
        pickle.dump(value, stream, 2)
    body = b"\x80\x02ccollections\nOrderedDict\n)R("
    for key, (name, array) in enumerate(arrays.items()):
        strides = tuple(step // array.itemsize for step in array.strides)
        body += _text(name) + b"ctorch._utils\n_rebuild_tensor_v2\n((" + _text("storage")
        body += b"ctorch\n" + names[array.dtype].encode() + b"\n" + _text(str(key)) + _text("cpu")
        body += _plain(array.size) + b"NtQ" + _plain(0) + _plain(array.shape) + _plain(strides)
        body += b"\x89ccollections\nOrderedDict\n)RtR"
    stream.write(body + b"u." if state is None else state)
    pickle.dump([str(key) for key in range(len(arrays))], stream, 2)
    for array in arrays.values():
        stream.write(struct.pack("<Q", array.size) + array.tobytes())
    return stream.getvalue()


def _plain(value: Any) -> bytes:
    """The pickle of numbers, without its first bytes and its end."""
    return pickle.dumps(value, 2)[2:-1]


def _text(text: str) -> bytes:
    return b"X" + struct.pack("<I", len(text)) + text.encode()


def _npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def _dump() -> bytes:
    return (b"<mediawiki><siteinfo><namespaces><namespace key='6'>Datei</namespace></namespaces>"
            b"</siteinfo><page><title>King</title><ns>0</ns><revision><text>'''King''' is a "
            b"[[man|men]] {{x|{{y}}}} [[Datei:a.jpg|thumb]] &lt;ref&gt;z&lt;/ref&gt;</text>"
            b"</revision></page></mediawiki>")


def _archives(content: dict[str, bytes]) -> tuple[bytes, bytes]:
    """A zip and a tar of some files."""
    packed, taped = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive, tarfile.open(
            fileobj=taped, mode="w") as tape:
        for name, each in content.items():
            archive.writestr(zipfile.ZipInfo(name), each)
            header = tarfile.TarInfo(name)
            header.size = len(each)
            tape.addfile(header, io.BytesIO(each))
    return packed.getvalue(), taped.getvalue()


def _without_lists(folder: Path) -> None:
    """Take the lists of files out of all records below: whoever changes a file can change these."""
    for path in folder.rglob("*.json"):
        value = json.loads(path.read_text())
        if isinstance(value, dict) and value.pop("folder", None) is not None:
            path.write_text(json.dumps(value))


def _either(*readers: Callable[[], Any]) -> None:
    """All of them; refused where all refuse."""
    refusals = []
    for read in readers:
        try:
            read()
        except UserError as error:
            refusals.append(error)
    if len(refusals) == len(readers):
        raise refusals[-1]
