"""Text in, encoded corpus out: files of any kind become documents, documents tokens, tokens ids."""

from typing import TYPE_CHECKING

from words_and_images.common.exports import on_demand

if TYPE_CHECKING:
    from word2vec.corpus.documents.sources import collect_corpus, refuse_foreign_text
    from word2vec.corpus.documents.text import lines
    from word2vec.corpus.encoded_corpus import EncodedCorpus
    from word2vec.corpus.encoding import encode
    from word2vec.corpus.phrases import (
        load_phrases,
        phrases_of,
        refuse_foreign_phrases,
        save_phrases,
    )
    from word2vec.corpus.reading import Reading
    from word2vec.corpus.vocabulary import Vocabulary
else:
    __getattr__, __dir__ = on_demand(__name__)
