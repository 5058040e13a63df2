"""A backbone of a few sums, and images it can tell apart, for tests that need the whole path."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from repositories import save_small_model

COLOURS = {"hotdog": (200, 60, 40), "nothotdog": (60, 160, 90)}


@pytest.fixture(scope="session")
def small_saved_model(tmp_path_factory):
    """A SavedModel in TF-Hub's style: the mean colours of the four quarters of 16 x 16 pixels."""
    folder = tmp_path_factory.mktemp("small") / "saved_model"
    save_small_model(folder)
    return folder


@pytest.fixture(scope="session")
def small_backbone(small_saved_model):
    """The same as the stage fetch_backbone writes it."""
    from vision.backbones import normalise_backbone

    folder = small_saved_model.with_name("backbone")
    normalise_backbone(str(small_saved_model), folder)
    return folder


@pytest.fixture(scope="session")
def write_photos():
    """A function that writes noisy images of one colour a class into class folders."""
    return _write_photos


def _write_photos(folder: Path, count: int = 60, seed: int = 7) -> Path:
    generator = np.random.default_rng(seed)
    for label, colour in COLOURS.items():
        (folder / label).mkdir(parents=True)
        for number in range(count):
            pixels = generator.normal(colour, 30, (24, 20, 3)).clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / label / f"{number:03}.png")
    return folder
