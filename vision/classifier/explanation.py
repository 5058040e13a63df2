"""Why an image has its label: the part of it that the score rests on most."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from vision.backbones.bottlenecks import open_for
from vision.classifier.classifier import Classifier
from vision.classifier.occlusion import Pixels, as_image, draw_occlusion, occlusion_map
from vision.photos.image import enough_for
from vision.sheets.sheet_files import refuse_other_picture
from words_and_images.common.errors import UserError, did_you_mean, printable
from words_and_images.common.files import refuse_unwritable_file
from words_and_images.neural.arrays import FloatArray
from words_and_images.retraining.labels import matching

ROWS, COLUMNS = ("top", "centre", "bottom"), ("left", "centre", "right")


@dataclass(frozen=True)
class Explanation:
    """What `explain_image` found and drew.

    Attributes
    ----------
    path, label : str
    score : float
        Of the label.
    drop : float
        The most that the score falls where a part of the image is covered, around that place.
    place : str, optional
        Where that is, "centre left" for example; None where it falls nowhere.
    map : str
        The file of the drawing.
    """

    path: str
    label: str
    score: float
    drop: float
    place: str | None
    map: str

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    def text(self) -> str:
        """Label and score as `vision classify` prints them, the place, and the file."""
        found = (f"strongest at the {self.place}: covered there, the score falls by {self.drop:.3f}"
                 if self.place else "the score falls nowhere: no part speaks for the label")
        lines = f"{self.label} (score = {self.score:.5f})", found, f"map in {self.map}"
        return "\n".join(map(printable, lines))


def explain_image(
    classifier: Classifier, image: Path, label: str | None = None, out: Path | None = None
) -> Explanation:
    """Draw which parts of an image speak for a label.

    Parameters
    ----------
    classifier : Classifier
    image : an image file.
    label : of the classifier's; by default the best one.
    out : the PNG to write; by default <name of the image>-explained.png in the current folder.

    Raises
    ------
    UserError
        For an unknown label, an unreadable image, and an `out` that cannot be written, that is
        the image or that is a picture of somebody else's.
    """
    wanted = label and matching(label, classifier.labels)
    if label is not None and wanted is None:
        raise UserError(f"the classifier knows no label {label!r}; "
                        f"{did_you_mean(label, classifier.labels)}")
    out = out or Path(f"{image.stem}-explained.png")
    refuse_other_picture(out, "--out", [image])
    refuse_unwritable_file(out)
    picture = open_for(image, classifier.backbone)
    scores = dict(classifier.top(classifier.classify([picture])[0]))
    label = wanted or next(iter(scores))
    drops = occlusion_drops(classifier, picture, classifier.labels.index(label))
    draw_occlusion(picture, drops, out, label, scores[label])
    return Explanation(str(image), label, scores[label], float(drops.max()), strongest_place(drops),
                       str(out))


def occlusion_drops(classifier: Classifier, picture: Image.Image, label_number: int) -> Pixels:
    """The map of a picture that is covered before it is looked at: what its looks lose.

    Those are the looks that answer the whole picture: others would show a fall of their own.
    """
    record, deciding = classifier.backbone.record, classifier.deciding(picture)
    seen = picture.copy()
    enough = enough_for(record.height, record.width)
    seen.thumbnail((enough, enough), Image.Resampling.BILINEAR)

    def classify(covered: list[Pixels]) -> FloatArray:
        return deciding.classify([as_image(pixels) for pixels in covered])

    return occlusion_map(classify, np.asarray(seen, np.float32) / np.float32(255), label_number)


def strongest_place(drops: Pixels) -> str | None:
    """The ninth of a picture with the highest value of a map (height, width); None below 0."""
    if drops.max() <= 0:
        return None
    # Squares that cover the same pixels give plateaus: the middle of the highest one counts.
    rows, columns = np.nonzero(drops >= drops.max() * (1 - 1e-6))
    row = ROWS[int(3 * (rows.mean() + 0.5) / drops.shape[0])]
    column = COLUMNS[int(3 * (columns.mean() + 0.5) / drops.shape[1])]
    return row if row == column else f"{row} {column}"
