"""TFHUB_CACHE_DIR, the folder in which tensorflow_hub keeps models.

tensorflow_hub itself resolves a handle to its folder there, and puts a model into it. What is not
there is fetched by this project: the downloads of tensorflow_hub know no checksum, no mirror and
no going on where they broke off.
"""

import hashlib
import os
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vision.backbones.runtime import brief, tf
from words_and_images.common.errors import UserError
from words_and_images.common.progress import say

CACHE_VARIABLE = "TFHUB_CACHE_DIR"
LOCK_SECONDS = 60  # after which the lock of a process that does nothing counts for nothing


def cache_dir() -> Path | None:
    """TFHUB_CACHE_DIR, where it is set."""
    value = os.environ.get(CACHE_VARIABLE)
    return Path(value) if value else None


def kept_model(address: str) -> Path | None:
    """The folder in TFHUB_CACHE_DIR that holds the model, if there is one.

    Raises
    ------
    UserError
        Where it is not there and could not be put there.
    """
    cache = cache_dir()
    if cache is None:
        return None
    folder = _folder(cache, address)
    if folder.is_dir() and any(folder.iterdir()):
        with _told_as_ours(cache):
            return Path(_tensorflow_hub().HttpCompressedFileResolver()(address))
    above = next(path for path in (cache, *cache.absolute().parents) if path.exists())
    if not above.is_dir() or not os.access(above, os.W_OK):
        raise _unwritable(cache, "it takes no new folder")
    return None


def keep_model(address: str, model: Path) -> None:
    """Copy a model's folder to where tensorflow_hub looks for it, where TFHUB_CACHE_DIR is set."""
    cache = cache_dir()
    if cache is None:
        return

    def copy(_address: str, temporary: str) -> None:
        shutil.copytree(model, temporary, dirs_exist_ok=True)

    with _told_as_ours(cache):
        cache.mkdir(parents=True, exist_ok=True)
        folder = _folder(cache, address)
        if (lock := folder.with_name(f"{folder.name}.lock")).exists():
            say(f"waiting for {lock}: another process may be putting the same model there")
        resolver = _tensorflow_hub().resolver
        resolver.atomic_download(address, copy, str(folder), LOCK_SECONDS)


def _folder(cache: Path, address: str) -> Path:
    """Where tensorflow_hub keeps a model."""
    return cache / hashlib.sha1(address.encode()).hexdigest()


def _tensorflow_hub() -> Any:
    """Its module of resolvers with a cache."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of pkg_resources, which it imports
        from tensorflow_hub import compressed_module_resolver  # type: ignore[import-untyped]
    return compressed_module_resolver


@contextmanager
def _told_as_ours(cache: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, tf.errors.OpError) as error:
        raise _unwritable(cache, brief(error)) from None


def _unwritable(cache: Path, reason: str) -> UserError:
    return UserError(f"{CACHE_VARIABLE} is {cache}, which cannot be used ({reason}); name a folder "
                     "that can be written, or unset it.")
