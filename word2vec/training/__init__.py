"""Encoded corpus in, tables of word vectors out: the models, their losses, and the processes that
train."""

from typing import TYPE_CHECKING

from words_and_images.common.exports import on_demand

if TYPE_CHECKING:
    from word2vec.training.loop import Trained, train
    from word2vec.training.tables import Tables
else:
    __getattr__, __dir__ = on_demand(__name__)
