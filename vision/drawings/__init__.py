"""A name and a number in, a picture out: the project's drawings of hot dogs and of what could be
taken for one.

They are drawings, made to train on where there are no photos. Figures reached on them say little
about photos; docs/images.md has how they were chosen and what they reached.
"""

from typing import TYPE_CHECKING

from words_and_images.common.exports import on_demand

if TYPE_CHECKING:
    from vision.drawings.drawing import SMALLEST_SIZE, SUBJECTS, draw, render_drawings
    from vision.drawings.styles import STYLES
else:
    __getattr__, __dir__ = on_demand(__name__)
