"""Which folders are the classes, where images lie at several depths.

By default the top folders that hold all the images are the classes, and own what is below them:
hotdog/2022/a.jpg is a hotdog. The one folder around everything is seen through, and so are the
parts of a set that is divided already, train/hotdog and test/hotdog.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from words_and_images.common.errors import UserError
from words_and_images.common.progress import WARNING, say
from words_and_images.retraining.labels import comparable

AUTO, TOP, DEEPEST = READINGS = ("auto", "top", "deepest")
NAMED = 4  # how many folders a sentence names
# A folder is named as a part of a divided set where one of these words is in its name.
PARTS = frozenset({"train", "training", "test", "testing", "tests", "val", "valid", "validation",
                   "dev", "eval", "evaluation"})

Classes = dict[Path, Path | None]


def class_folders(
    holders: Collection[Path], folder: Path, source: str, reading: str = AUTO,
    known: Collection[str] = (),
) -> Classes:
    """For each folder that holds images, the folder that is their class; None: of no class.

    Parameters
    ----------
    holders : folders with images in them, all below `folder` or itself.
    folder : the whole set.
    source : what sentences call it.
    reading : ``top`` makes classes of the top folders that hold all images, whatever their names;
        ``deepest`` of the folders that images lie in; ``auto`` is as `top`, but sees through the
        parts of a divided set. What else could have been meant is said.
    known : labels that are sought. A folder called so is a class wherever it is.

    Raises
    ------
    UserError
        With `deepest` for a folder that holds images beside such folders, and for the parts of a
        divided set without class folders in them.
    """
    if reading == DEEPEST:
        return _deepest(holders, source)
    tree = _tree_of(holders, known)
    top = _without_wrappers(folder, tree)
    parts = _parts(top, tree, source) if reading == AUTO else []
    classes = {holder: _class_of(holder, parts or [top], tree) for holder in holders}
    if reading == AUTO and not known:
        _tell_of_other_reading(classes, source)
    # Images in no folder but the set's own are those of one class.
    return classes if any(classes.values()) else dict.fromkeys(classes, folder)


@dataclass(frozen=True)
class _Tree:
    """The folders that hold images, however deep.

    Attributes
    ----------
    below : the folders in each of them.
    labels : what is sought, in a form to compare.
    around : the folders around those that are called so.
    """

    below: dict[Path, list[Path]]
    labels: frozenset[str]
    around: frozenset[Path]

    def inside(self, folder: Path) -> list[Path]:
        """The folders in a folder."""
        return self.below.get(folder, [])

    def is_sought(self, folder: Path) -> bool:
        """Whether it is called as a label that is sought, and not just around such folders."""
        return comparable(folder.name) in self.labels and folder not in self.around


def _tree_of(holders: Collection[Path], known: Collection[str]) -> _Tree:
    labels = frozenset(comparable(label) for label in known)
    folders = {folder for holder in holders for folder in (holder, *holder.parents)}
    below: dict[Path, list[Path]] = defaultdict(list)
    for folder in sorted(folders):
        below[folder.parent].append(folder)
    around = {parent for folder in folders if comparable(folder.name) in labels
              for parent in folder.parents}
    return _Tree(below, labels, frozenset(around))


def _without_wrappers(folder: Path, tree: _Tree) -> Path:
    """The first folder with more than one folder of images, through those around all of them."""
    inner = folder
    while len(tree.inside(inner)) == 1:
        [inner] = tree.inside(inner)
        if tree.is_sought(inner):
            return folder
    return inner if tree.inside(inner) else folder


def _parts(top: Path, tree: _Tree, source: str) -> list[Path]:
    """The parts of a set that is divided already, each a folder of class folders; or none."""
    folders = tree.inside(top)
    named = [folder for folder in folders
             if _words(folder) & PARTS and comparable(folder.name) not in tree.labels]
    divided = {folder: inner for folder in folders
               if tree.inside(inner := _inside_part(folder, tree))}
    exact = all(folder.name.lower() in PARTS for folder in folders)
    if exact and len(folders) > 1 and not divided:
        raise UserError(
            f"the folders {_listed(folders)} of {source} hold images but no class folders; put the "
            f"images of each class into a folder, or give class_folders {TOP} if these are the "
            "classes.")
    named_divided = [folder for folder in named if folder in divided]
    alike = _have_a_class_in_common(divided.values(), tree) and (
        len(named_divided) > 1 or len(folders) == 2)
    if not named_divided or not (named == folders or alike):
        return []
    taken = ("folder {} is taken for a part of the set" if len(divided) == 1
             else "folders {} are taken for parts of one set").format(_listed(divided))
    other = "" if exact else f"; class_folders {TOP} makes classes of the folders themselves"
    say(f"{'' if exact else WARNING}the {taken}, with its classes inside{other}")
    return list(divided.values())


def _have_a_class_in_common(parts: Iterable[Path], tree: _Tree) -> bool:
    names = [{comparable(folder.name) for folder in tree.inside(part)} for part in parts]
    return len(names) > 1 and bool(set.intersection(*names))


def _inside_part(part: Path, tree: _Tree) -> Path:
    """The part, or what takes its place: some archives have train/train/hotdog."""
    inside = tree.inside(part)
    if len(inside) == 1 and (inside[0].name == part.name or _words(inside[0]) & PARTS):
        return inside[0]
    return part


def _words(folder: Path) -> set[str]:
    return set(re.split(r"[\W_]+", folder.name.lower()))


def _class_of(holder: Path, tops: Collection[Path], tree: _Tree) -> Path | None:
    """The first folder on the way from the top to the holder, or the first that is sought."""
    return next((folder for top in tops for folder in _way(top, holder)
                 if comparable(folder.name) in tree.labels or folder not in tree.around), None)


def _way(top: Path, holder: Path) -> Iterator[Path]:
    """The folders from below `top` to the holder itself."""
    if top in holder.parents:
        for depth in range(len(top.parts) + 1, len(holder.parts) + 1):
            yield Path(*holder.parts[:depth])


def _deepest(holders: Collection[Path], source: str) -> Classes:
    """Each folder as the class of its own images, but for one that is above all the others."""
    classes: Classes = {holder: holder for holder in holders}
    above = {parent for holder in holders for parent in holder.parents}
    for holder in holders:
        if holder not in above:
            continue
        below = [other for other in holders if holder in other.parents]
        if len(below) != len(holders) - 1:
            raise UserError(
                f"the folder {holder.name!r} of {source} holds images and the folder "
                f"{below[0].name!r} of images; move the images of a class into one folder, or "
                f"leave class_folders {DEEPEST} out."
            )
        classes[holder] = None
    return classes


def _tell_of_other_reading(classes: Classes, source: str) -> None:
    """Say which folders could be classes as well, where they could."""
    own = {holder: folder for holder, folder in classes.items() if folder}
    others = sorted(holder for holder, folder in own.items() if holder != folder)
    try:
        _deepest(own, source)
    except UserError:
        return
    if others:
        say(f"{WARNING}the classes are the folders {_listed(sorted(set(own.values())))} with all "
            f"that is below them; class_folders {DEEPEST} makes classes of the folders that images "
            f"lie in, such as {_listed(others)}, and class_folders {TOP} says that this is meant")


def _listed(folders: Iterable[Path]) -> str:
    names = list(dict.fromkeys(repr(folder.name) for folder in folders))
    rest = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {rest} more" if rest > 0 else "")
