"""What sources stand for: the two profiles, where the parameters name none, and paths of one's own.
"""

import glob
import os

from words_and_images.common.parameters import read_value, require_choice

PROFILES = {
    "embedded": {"corpus": "embedded", "images": "drawings", "backbone": "efficientnet_lite2"},
    "full": {"corpus": "text8", "images": "hotdog_photos", "backbone": "inception_v3"},
}


def source_of(group: str, source: str | None) -> str:
    """The source a parameter names, or else the one that the profile of params.yaml gives.

    The latter is the catalogue's, even where there is a path of that name.
    """
    from words_and_images.common.catalogue import (
        MARK,  # not above: the defaults of options do without it
    )

    if source is not None:
        return source
    profile = read_value("profile")
    require_choice("profile", profile, tuple(PROFILES))
    return MARK + PROFILES[profile][group]


def place_of_source(source: str) -> str:
    """Where the files are that a source names; the source itself, if it is a name or in place.

    An experiment of DVC's queue, or with --temp, runs in a copy of what git tracks, in another
    folder. A relative path means what it means in the repository, which DVC names.
    """
    root = os.environ.get("DVC_ROOT")
    if not source or not root or os.path.realpath(root) == os.getcwd():
        return source
    place = os.path.join(root, source)  # an absolute source as it is
    return place if os.path.exists(place) or glob.glob(place, recursive=True) else source
