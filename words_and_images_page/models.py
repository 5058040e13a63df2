"""The models that a page answers with: those that are given, or those that the pipeline made."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from texts.classifier import NEEDED as TEXTS_NEEDED
from vision.classifier import NEEDED
from words_and_images.common.errors import UserError, printable
from words_and_images.common.progress import say
from words_and_images_page.limits import Limits
from words_and_images_page.photos import PhotoModel, find_examples
from words_and_images_page.texts import TextModel
from words_and_images_page.words import WordModel

MODELS = Path("models")
VECTORS_FOLDER, VECTORS_FILE = "vectors", "input_vectors.npy"
TEXTS_FOLDER = "texts"
# The pipeline's classifier, and the images it was trained and tested on.
OWN_CLASSIFIER, OWN_SPLIT, OWN_IMAGES = (
    MODELS / "classifier", Path("data/split.json"), Path("data/images"))

Model = TypeVar("Model")


@dataclass(frozen=True)
class Models:
    """Models by the names under which they are chosen."""

    words: dict[str, WordModel]
    photos: dict[str, PhotoModel]
    texts: dict[str, TextModel] = field(default_factory=dict)


def load_models(
    vectors: Sequence[Path], classifiers: Sequence[Path], texts: Sequence[Path], limits: Limits
) -> Models:
    """Load what is given; of each kind of which nothing is, what the pipeline made.

    Parameters
    ----------
    vectors : folders of trained vectors or files of word vectors.
    classifiers : folders, of photos.
    texts : folders of classifiers of texts.
    limits : of the photos.

    Raises
    ------
    UserError
        For a path that holds no such model, and where there is no model at all. A broken one among
        those that nobody named is left out, and said.
    """
    models = Models(
        _load(vectors, _made_vectors(), WordModel.load),
        _load(classifiers, _made(MODELS, NEEDED),
              lambda folder, name: PhotoModel.load(folder, name, limits, _examples(folder))),
        _load(texts, _made(MODELS / TEXTS_FOLDER, TEXTS_NEEDED), TextModel.load))
    if not models.words and not models.photos and not models.texts:
        raise UserError(f"there is no model in {MODELS}; make some with `make run`, or name one "
                        "with --vectors PATH, --classifier FOLDER or --texts FOLDER.")
    return models


def named(paths: Sequence[Path]) -> dict[str, Path]:
    """Paths by their last part, with the folder above it where two are alike."""
    names: dict[str, Path] = {}
    for path in paths:
        whole, number = path.resolve(), 2
        name = printable(path.name or whole.name)
        longer = printable(f"{whole.parent.name}/{whole.name}")
        if name in names:
            name = longer
        while name in names:
            name, number = f"{longer} ({number})", number + 1
        names[name] = path
    return names


def _load(
    given: Sequence[Path], made: Sequence[Path], load: Callable[[Path, str], Model]
) -> dict[str, Model]:
    if given:
        return {name: load(path, name) for name, path in named(given).items()}
    loaded = {}
    for name, path in named(made).items():
        try:
            loaded[name] = load(path, name)
        except UserError as error:
            say(f"left out: {error}")
    return loaded


def _made_vectors() -> list[Path]:
    folder = MODELS / VECTORS_FOLDER
    return sorted(path.parent for path in folder.glob(f"*/{VECTORS_FILE}"))


def _made(among: Path, needed: Sequence[str]) -> list[Path]:
    """The folders of classifiers, which have all that is needed."""
    return sorted(folder for folder in among.glob("*")
                  if all((folder / name).exists() for name in needed))


def _examples(folder: Path) -> list[Path]:
    own = folder.resolve() == OWN_CLASSIFIER.resolve()
    return find_examples(OWN_SPLIT, OWN_IMAGES) if own else []
