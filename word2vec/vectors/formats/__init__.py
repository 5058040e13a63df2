"""Files of word vectors of every kind in, words and their table out; and the other way round."""

from typing import TYPE_CHECKING

from words_and_images.common.exports import on_demand

if TYPE_CHECKING:
    from word2vec.vectors.formats.vector_files import read_vectors, write_folder, write_vectors
else:
    __getattr__, __dir__ = on_demand(__name__)
