"""Bring in the backbone, whatever its source, as a SavedModel folder with its record."""

from pathlib import Path

from vision.backbones import BackboneParameters, named_backbone, normalise_backbone
from words_and_images.common.commandline import run_stage
from words_and_images.common.parameters import read_group
from words_and_images.common.profile import place_of_source, source_of
from words_and_images.common.progress import say


def main(backbone_folder: str) -> None:
    """Normalise the backbone of the parameters, or of the profile."""
    parameters = read_group("backbone", BackboneParameters)
    source = source_of("backbone", parameters.source)
    place = place_of_source(source)
    record = normalise_backbone(named_backbone(place), Path(backbone_folder),
                                parameters.image_size, parameters.inference,
                                called=None if place == source else source)
    say(f"{record.name}: {record.height} x {record.width} pixels, {record.feature_width:,} "
        f"features, run in {record.inference}")


if __name__ == "__main__":
    run_stage(main)
