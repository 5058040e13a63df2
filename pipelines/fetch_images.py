"""Bring in the labelled images: data/images and the record data/images.json."""

from pathlib import Path

from vision.photos import ImagesParameters, collect_images, list_former_images
from words_and_images.common.commandline import run_stage
from words_and_images.common.files import write_json
from words_and_images.common.parameters import read_group
from words_and_images.common.profile import place_of_source, source_of


def main(images: str, record: str) -> None:
    """Write the class folders `images` and the `record` of where they come from."""
    parameters = read_group("images", ImagesParameters)
    list_former_images(Path(images), Path(record))
    source = source_of("images", parameters.source)
    place = place_of_source(source)
    collected = collect_images(place, Path(images), parameters)
    if place != source:
        collected.source["path"] = source
    write_json(record, collected.to_json())


if __name__ == "__main__":
    run_stage(main)
