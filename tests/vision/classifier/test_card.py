import shutil

import numpy as np
import pytest
from written_cards import front_matter, loading_code

from vision.classifier.card import photo_card
from vision.classifier.classifier import Classifier
from vision.classifier.export import ExportParameters, export_classifier
from words_and_images.neural.metrics import accuracy_interval
from words_and_images.neural.network import Network
from words_and_images.neural.scaling import Standardiser
from words_and_images.retraining.head import Head

TEST = {"accuracy": 0.75, "count": 4, "interval": list(accuracy_interval(3, 4)),
        "labels": {"hotdog": {"right": 1, "count": 2}, "nothotdog": {"right": 2, "count": 2}}}


@pytest.fixture(scope="module")
def exported(small_backbone, write_photos, tmp_path_factory):
    folder = tmp_path_factory.mktemp("carded")
    generator = np.random.default_rng(1)
    standardiser = Standardiser.fit(generator.normal(0.5, 0.2, (9, 12)).astype(np.float32))
    head = Head(["hotdog", "nothotdog"], standardiser, Network.of_widths(generator, [12, 2]))
    photos = sorted(write_photos(folder / "photos", 2).rglob("*.png"))
    facts = {"images": {"name": "my *photos*: [x]", "path": "/home/me/my *photos*: [x]"},
             "test": TEST, "parameters": {"retrain": {"seed": 1}}}
    export_classifier(small_backbone, head, photos, facts, folder / "classifier",
                      ExportParameters(lite=False))
    return folder / "classifier"


def test_the_code_of_the_card_loads_the_folder_and_answers(exported, monkeypatch, capsys):
    photo = sorted(exported.parent.rglob("*.png"))[0]
    shutil.copyfile(photo, exported.parent / "photo.jpg")
    monkeypatch.chdir(exported.parent)
    exec(loading_code((exported / "README.md").read_text(encoding="utf-8")))
    classifier = Classifier.load(exported)
    assert capsys.readouterr().out == f"{classifier.answer(classifier.classify([photo])[0])}\n"


def test_only_a_network_of_tensorflow_is_loaded_with_trust(exported):
    record = Classifier.load(exported).record
    assert "tensorflow" not in loading_code(photo_card(record).text())
    backbone = {**record["backbone"], "inference": "tensorflow"}
    code = loading_code(photo_card({**record, "backbone": backbone}).text())
    assert 'Classifier.load("classifier", tensorflow=True)' in code


def test_the_card_has_the_records_figures_and_names(exported):
    text = (exported / "README.md").read_text(encoding="utf-8")
    result, = front_matter(text)["model-index"][0]["results"]
    assert result["dataset"]["name"] == "my *photos*: [x]"
    assert result["metrics"][0]["value"] == 0.75
    assert "75.0 % (3 of 4), 95 % interval 30.1 to 95.4 %" in text
    assert "- images: my \\*photos\\*: \\[x\\]. Its terms are those" in text
    assert "- weights of the backbone: saved\\_model; licence: not stated by the source." in text
    assert "- saved_model: 0.0 MB, accuracy " in text and "/home" not in text


def test_a_search_is_told_with_its_verdict():
    record = {"labels": ["a", "b"], "backbone": {"name": "x", "licence": "MIT"},
              "exports": {"compared_images": 3, "files": {}},
              "search": {"trials": 7, "verdict": "better than the defaults: +0.1000 in accuracy"}}
    assert ("chosen by a search of 7 trials, without the test images: better than the defaults: "
            "+0.1000 in accuracy.") in photo_card(record).text()
