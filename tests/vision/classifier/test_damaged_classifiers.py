"""Classifiers' folders of others, without a list that would tell what was changed in them."""

import json
import os
import shutil
import zipfile

import numpy as np
import pytest

from vision.classifier.classifier import Classifier
from vision.classifier.export import ExportParameters, export_classifier
from words_and_images.common.errors import UserError
from words_and_images.neural.network import Network
from words_and_images.neural.scaling import Standardiser
from words_and_images.retraining.head import Head


@pytest.fixture(scope="module")
def whole(small_backbone, write_photos, tmp_path_factory):
    """A folder whose record lists no files, so that its content is all there is to go by."""
    folder = tmp_path_factory.mktemp("damaged")
    generator = np.random.default_rng(1)
    standardiser = Standardiser.fit(generator.normal(0.5, 0.2, (9, 12)).astype(np.float32))
    head = Head(["hotdog", "nothotdog"], standardiser, Network.of_widths(generator, [12, 2]))
    photos = sorted(write_photos(folder / "photos", 2).rglob("*.png"))
    facts = {"looks": ["whole", "mirror"], "not_sure": 0.5, "parameters": {"retrain": {"seed": 1}}}
    export_classifier(small_backbone, head, photos, facts, folder / "classifier",
                      ExportParameters(lite=False))
    for record in (folder / "classifier" / "record.json",
                   folder / "classifier" / "backbone" / "record.json"):
        content = json.loads(record.read_text())
        content.pop("folder", None)
        record.write_text(json.dumps(content))
    return folder / "classifier"


@pytest.fixture
def classifier(whole, tmp_path):
    """A copy of it, to be damaged."""
    return shutil.copytree(whole, tmp_path / "copy")


@pytest.mark.parametrize("header", [
    b"{'descr': '<f4', 'fortran_order': False, 'shape': (12, 2",  # a TokenError
    b"{'descr': '<f4', 'fortran_order': False, 'shape': (" + b"(" * 5000,
    b"{'descr': '<f4', 'fortran_order': False, 'shape': (10000000000000, 2)}",
    b"{'descr': '|O', 'fortran_order': False, 'shape': (12, 2)}",
])
def test_a_head_whose_header_makes_no_array_is_refused(classifier, tmp_path, header):
    folder = tmp_path / "classifier"
    shutil.copytree(classifier, folder)
    with zipfile.ZipFile(classifier / "head.npz") as whole, zipfile.ZipFile(
            folder / "head.npz", "w") as changed:
        for name in whole.namelist():
            content = whole.read(name)
            if name == "weights_1.npy":
                padded = header.ljust(len(header) + 9) + b"\n"
                content = b"\x93NUMPY\2\0" + len(padded).to_bytes(4, "little") + padded + bytes(96)
            changed.writestr(name, content)
    with pytest.raises(UserError, match="holds no trained head"):
        Classifier.load(folder)


@pytest.mark.parametrize("change", [{"width": -5}, {"height": 0}, {"feature_width": 10**12},
                                    {"width": 32}, {"feature_width": 13}])
def test_a_backbone_of_another_size_than_its_record_tells_is_refused(classifier, tmp_path, change):
    folder = tmp_path / "classifier"
    shutil.copytree(classifier, folder)
    record = json.loads((folder / "backbone" / "record.json").read_text())
    (folder / "backbone" / "record.json").write_text(json.dumps({**record, **change}))
    with pytest.raises(UserError, match="is broken"):
        Classifier.load(folder)


@pytest.mark.parametrize("name", ["record.json", "head.npz", "labels.json"])
def test_a_pipe_in_a_classifiers_folder_is_not_waited_for(classifier, name):
    (classifier / name).unlink()
    os.mkfifo(classifier / name)
    with pytest.raises(UserError, match=f"it lacks {name}"):
        Classifier.load(classifier)
