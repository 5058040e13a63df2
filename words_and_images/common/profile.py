"""The two profiles: what the three sources stand for where the parameters name none."""

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
