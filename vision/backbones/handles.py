"""Handles of models on TF-Hub and Kaggle: what they stand for, and where to ask for the models."""

import re
from urllib.parse import urlsplit

from words_and_images.common.errors import UserError

KAGGLE = "https://www.kaggle.com"
FRAMEWORKS = ("tensorflow1", "tensorflow2")
# Today's addresses, and those with frameworks/, variations/ and versions/ in between.
KAGGLE_MODEL = re.compile(r"([^/]+)/([^/]+)/(?:frameworks/)?([^/]+)/(?:variations/)?([^/]+)"
                          r"/(?:versions/)?([0-9]+)/?")


def is_handle(source: str) -> bool:
    """Whether it is an address or looks like OWNER/MODEL/FRAMEWORK/VARIATION/VERSION."""
    return source.startswith(("http://", "https://")) or _is_short(source)


def address_of(handle: str) -> str:
    """The address that a handle stands for: itself, or its model's at Kaggle.

    Raises
    ------
    UserError
        For a model at Kaggle without a version, or of another framework than TensorFlow.
    """
    address = f"{KAGGLE}/models/{handle}" if _is_short(handle) else handle
    _kaggle_model(address)
    return address


def name_of(address: str) -> str:
    """What to call the model of an address."""
    return _kaggle_model(address) or urlsplit(address).path.strip("/") or address


def downloads_of(address: str) -> tuple[str, ...]:
    """Where the archive of a model is to be had, in the order in which to ask.

    By the protocol of tensorflow.org/hub/hosting; at Kaggle, by its own interface after that.
    """
    kaggle = _kaggle_model(address)
    hosted = f"{address}{'&' if urlsplit(address).query else '?'}tf-hub-format=compressed"
    return (hosted, f"{KAGGLE}/api/v1/models/{kaggle}/download") if kaggle else (hosted,)


def _is_short(source: str) -> bool:
    """Whether it looks like a handle as kagglehub writes it, which a path hardly does."""
    parts = source.partition("#")[0].split("/")
    return len(parts) in (4, 5) and parts[2].lower() in FRAMEWORKS


def _kaggle_model(address: str) -> str:
    """OWNER/MODEL/FRAMEWORK/VARIATION/VERSION of an address at Kaggle; nothing for another's."""
    found = urlsplit(address)
    own = urlsplit(KAGGLE).netloc
    if found.netloc not in (own, own.removeprefix("www.")) or not found.path.startswith("/models/"):
        return ""
    model = KAGGLE_MODEL.fullmatch(found.path.removeprefix("/models/"))
    if model is None:
        raise UserError(f"{address} does not name one version of a model at Kaggle; write it as "
                        "OWNER/MODEL/tensorFlow2/VARIATION/VERSION, which its page shows.")
    if model[3].lower() not in FRAMEWORKS:
        raise UserError(f"{address} is a model for {model[3]}, and a backbone is one for "
                        "TensorFlow; take its tensorFlow2 variation, if it has one.")
    return "/".join(model.groups())
