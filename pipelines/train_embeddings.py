"""Train word vectors with one model."""

from pathlib import Path

from word2vec.corpus import EncodedCorpus, Reading
from word2vec.folders import CHECKPOINT, VECTORS
from word2vec.parameters import MODEL_PARAMETERS, TrainParameters

# word2vec comes first: it chooses OpenBLAS's kernels before NumPy loads it.
from word2vec.training import train
from words_and_images.common.commandline import run_stage
from words_and_images.common.files import read_record, write_json
from words_and_images.common.live import LIVE, LiveParameters, live_metrics
from words_and_images.common.own_files import refuse_foreign
from words_and_images.common.parameters import read_group
from words_and_images.common.running import engine_of_the_pipeline, running


def main(
    model: str, encoded: str, record: str, checkpoint: str, vectors: str, losses: str
) -> None:
    """Train on an encoded corpus; write the vectors' folder and the loss of each epoch.

    A training that was cut off goes on from the last epoch that its checkpoint kept.
    """
    refuse_foreign(Path(vectors), VECTORS)
    refuse_foreign(Path(checkpoint), CHECKPOINT)
    parameters = read_group("train", TrainParameters)
    own = read_group(model, MODEL_PARAMETERS[model])
    corpus = EncodedCorpus.load(Path(encoded))
    live = read_group(LIVE, LiveParameters)
    with running(engine_of_the_pipeline()) as cluster, live_metrics(live, Path(losses)) as log:
        trained = train(corpus, model, parameters, own, Path(checkpoint), cluster=cluster,
                        on_epoch=lambda epoch, loss: log(epoch, loss=loss))
    trained.save(Path(vectors), read_record(record), Reading.load(Path(encoded)))
    rows = [{"epoch": epoch, "loss": loss} for epoch, loss in enumerate(trained.losses, start=1)]
    write_json(losses, rows)


if __name__ == "__main__":
    run_stage(main)
