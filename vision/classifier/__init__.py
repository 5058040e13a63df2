"""Backbone and head in, a folder that classifies out; and with it, pictures in, labels with their
scores and reasons out."""

from typing import TYPE_CHECKING

from words_and_images.common.exports import on_demand

if TYPE_CHECKING:
    from vision.classifier.classifier import (
        BACKBONE_FOLDER,
        NEEDED,
        Classifier,
        refuse_other_folder,
    )
    from vision.classifier.demonstration import demonstrate
    from vision.classifier.explanation import occlusion_drops, strongest_place
    from vision.classifier.export import ExportParameters, export_classifier
    from vision.classifier.mistakes import draw_mistakes, mistake_rows, prediction_rows
    from vision.classifier.occlusion import occlusion_sheet
else:
    __getattr__, __dir__ = on_demand(__name__)
