"""Rows of numbers with labels and identities in; a head, its curves and its scores out.

The same whatever the rows are made of. An example is whatever one row, or the rows of its several
looks, were made of; its name, and a hash of its content, are all that is known of it here.
"""

from typing import TYPE_CHECKING

from words_and_images.common.exports import on_demand

if TYPE_CHECKING:
    from words_and_images.retraining.evaluation import (
        ClassifyParameters,
        Evaluation,
        evaluate_head,
    )
    from words_and_images.retraining.head import Head, RetrainParameters, history_rows, retrain
    from words_and_images.retraining.recalls import (
        few_examples,
        hidden_by_accuracy,
        recalls_of,
        warn_of_few,
    )
    from words_and_images.retraining.split import (
        SPLITS,
        TEST,
        TRAINING,
        Example,
        Split,
        SplitParameters,
        Undivided,
        company_of,
        divide,
    )
else:
    __getattr__, __dir__ = on_demand(__name__)
