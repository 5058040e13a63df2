"""Folders of photos in, labelled and divided pictures out, in every look that a backbone is shown:
found, checked, read, told from their near-duplicates, distorted."""

from typing import TYPE_CHECKING

from words_and_images.common.exports import on_demand

if TYPE_CHECKING:
    from vision.photos.dataset import ImagesParameters, collect_images, list_former_images
    from vision.photos.distortions import DistortionParameters
    from vision.photos.image import PIXEL_CAP, UnreadableImageError, read_image, undecoded
    from vision.photos.image_files import IMAGE_SUFFIXES, beginning_of
    from vision.photos.image_kinds import READ_KINDS, kind_of
    from vision.photos.looks import prediction_looks
    from vision.photos.split import PhotoSplitParameters, read_split, split_images, write_split
    from vision.photos.variants import training_variants
else:
    __getattr__, __dir__ = on_demand(__name__)
