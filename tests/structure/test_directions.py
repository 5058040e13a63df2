"""Which room may import which, and that no files import each other in a circle."""

import pytest
from project_imports import ROOMS, ROOT, circles, file_of, imported_by, imports_in, project_files

# words_and_images/common < neural < retraining < vision, and < word2vec < texts; tuning is below
# vision and word2vec, and what shows and runs them is above all.
SHARED = {"common", "neural", "retraining"}
BELOW = {
    "common": set(),
    "neural": {"common"},
    "retraining": {"common", "neural"},
    "pages": {"common"},
    "tuning": {"common", "pages"},
    "word2vec": {"common", "neural", "tuning"},
    "vision": {*SHARED, "tuning"},
    "texts": {*SHARED, "word2vec"},
    "examples": {"common", "neural", "word2vec", "vision"},
    "words_and_images_page": {*SHARED, "word2vec", "vision", "texts"},
    "reporting": {*SHARED, "pages", "tuning", "word2vec", "vision", "texts"},
    "pipelines": {*SHARED, "tuning", "word2vec", "vision", "texts", "reporting"},
    "benchmarks": {*SHARED, "word2vec", "vision", "texts"},
    "documentation": {"common"},
}
# Inside the two, in the order in which data flows; "" is what a person calls, at the top.
INSIDE = {
    "word2vec": {
        "corpus": set(),
        "vectors": {"corpus"},
        "evaluation": {"corpus", "vectors"},
        "training": {"corpus", "vectors"},
        "": {"corpus", "vectors", "evaluation", "training"},
    },
    "vision": {
        "drawings": set(),
        "photos": {"drawings"},
        "sheets": {"photos"},
        "backbones": {"photos"},
        "classifier": {"photos", "sheets", "backbones"},
        "": {"photos", "sheets", "backbones", "classifier"},
    },
}
# What every room below may know of the top: the parameters, and the kinds of folders.
KNOWN_EVERYWHERE = {"word2vec/parameters.py", "word2vec/folders.py", "vision/folders.py"}
# Two methods of WordVectors bear gensim's names, and are evaluations.
EXCEPTIONS = {("word2vec/vectors/vectors.py", "word2vec/evaluation/analogies.py"),
              ("word2vec/vectors/vectors.py", "word2vec/evaluation/word_pairs.py")}


def room_of(file: str) -> str:
    """The room that a file lies in: for words_and_images/neural/softmax.py, neural."""
    return next(room for room in ROOMS if file.startswith(f"{room}/")).rpartition("/")[2]


def part_of(file: str) -> str:
    """The folder of word2vec/ or vision/ that a file lies in; "" at the top."""
    parts = file.split("/")
    return parts[1] if len(parts) > 2 else ""


def wrong_imports(file: str, imported: set[str]) -> set[str]:
    """What a file imports against the directions."""
    room = room_of(file)
    wrong = {other for other in imported
             if room_of(other) != room and room_of(other) not in BELOW[room]}
    if room in INSIDE:
        near = {other for other in imported if room_of(other) == room} - KNOWN_EVERYWHERE
        wrong |= {other for other in near if part_of(other) != part_of(file)
                  and part_of(other) not in INSIDE[room][part_of(file)]
                  and (file, other) not in EXCEPTIONS}
    return wrong


@pytest.mark.parametrize("file", project_files())
def test_a_file_imports_only_from_rooms_below_its_own(file):
    assert wrong_imports(file, imported_by(file)) == set()


def test_no_files_import_each_other_in_a_circle():
    assert circles({file: imported_by(file) for file in project_files()}) == []


def test_every_folder_of_the_project_has_its_directions():
    assert {room.rpartition("/")[2] for room in ROOMS} == set(BELOW)
    for room, parts in INSIDE.items():
        folders = {path.name for path in (ROOT / room).iterdir() if (path / "__init__.py").exists()}
        assert folders == parts.keys() - {""}


@pytest.mark.parametrize(("file", "statement", "wrong"), [
    ("word2vec/train_text.py", "from vision.photos import read_image", "vision/photos/image.py"),
    ("vision/retraining.py", "import word2vec.from_python", "word2vec/from_python.py"),
    ("words_and_images/retraining/head.py", "from vision.photos import read_split",
     "vision/photos/split.py"),
    ("words_and_images/neural/network.py", "def f():\n    from word2vec import Word2Vec",
     "word2vec/from_python.py"),
    ("words_and_images/common/files.py", "from words_and_images.neural import softmax",
     "words_and_images/neural/softmax.py"),
    ("word2vec/corpus/encoding.py", "from word2vec.training import train",
     "word2vec/training/loop.py"),
    ("vision/photos/looks.py", "from vision.backbones.record import BackboneRecord",
     "vision/backbones/record.py"),
    ("vision/classifier/export.py", "from vision.retraining import Recipe", "vision/retraining.py"),
])
def test_an_import_against_the_directions_is_found(file, statement, wrong):
    assert file_of(file.removesuffix(".py").replace("/", ".")) == file
    assert wrong_imports(file, imports_in(statement)) == {wrong}


def test_a_circle_is_found_however_long():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": set(), "e": {"f"}, "f": {"e"}}
                   ) == [["a", "b", "c"], ["e", "f"]]


def test_retraining_knows_no_image():
    """No library of pictures and no word of them: texts are to be classified by the same code."""
    for path in (ROOT / "words_and_images" / "retraining").rglob("*.py"):
        text = path.read_text(encoding="utf-8").replace("words_and_images", "")
        for word in ("PIL", "image", "picture", "pixel"):
            assert word not in text, (path.name, word)
