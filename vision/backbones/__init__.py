"""A pretrained network of any maker in, a folder that is used like every other out; and with it,
pictures in, bottlenecks out."""

from typing import TYPE_CHECKING

from words_and_images.common.exports import on_demand

if TYPE_CHECKING:
    from vision.backbones.backbone import (
        Backbone,
        load_backbone,
        named_backbone,
        normalise_backbone,
    )
    from vision.backbones.bottlenecks import (
        BottleneckParameters,
        FeatureExtractor,
        extract_bottlenecks,
        open_for,
    )
    from vision.backbones.fine_tuning import FineTuneParameters, fine_tune_backbone
    from vision.backbones.record import TENSORFLOW, BackboneParameters, BackboneRecord
else:
    __getattr__, __dir__ = on_demand(__name__)
