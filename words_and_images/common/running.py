"""The engine that parameters name, while work lasts."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from words_and_images.common.engine import EngineParameters
from words_and_images.common.extras import refuse_without
from words_and_images.common.parameters import ENGINE, read_group
from words_and_images.common.profile import place_of_source

if TYPE_CHECKING:
    from words_and_images.common.cluster import Cluster


@contextmanager
def running(parameters: EngineParameters) -> "Iterator[Cluster | None]":
    """The workers of a cluster while the block lasts; None for this machine alone.

    Raises
    ------
    UserError
        Without Dask, where the scheduler cannot be reached, and for workers that have other
        packages than this process.
    """
    if parameters.kind == "local":
        yield None
        return
    refuse_without("distributed")
    from words_and_images.common.cluster import connected

    with connected(parameters) as cluster:
        yield cluster


def engine_of_the_pipeline() -> EngineParameters:
    """The group of the parameters file."""
    engine = read_group(ENGINE, EngineParameters)
    ca_file, certificate, key = (path and place_of_source(path) for path in (
        engine.ca_file, engine.certificate, engine.key))
    return replace(engine, ca_file=ca_file, certificate=certificate, key=key)
