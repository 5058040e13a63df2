"""A real temporary repository: the project's own files, a tiny configuration and made inputs."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml
from PIL import Image

ROOT = Path(__file__).parents[2]
# DVC's own files are taken one by one: its cache must stay behind.
COPIED = ("dvc.yaml", "params.yaml", "pipelines", "words_and_images", "word2vec", "vision", "texts",
          "reporting", "data/sources.yaml", ".dvc/config", ".dvc/.gitignore", ".dvc/plots",
          ".dvcignore", ".gitignore")
SIZE = 16
COLOURS = {"hot dog": (200, 60, 40), "other": (60, 160, 90)}
PLACES = (("france", "paris"), ("england", "london"), ("japan", "tokyo"), ("china", "beijing"),
          ("italy", "rome"))
QUESTIONS = """: capitals
france paris england london
japan tokyo italy rome
china beijing atlantis poseidonis
: gram1-comparative
big bigger small smaller
"""
JUDGED = {"towns.tsv": "paris\tlondon\t7\nparis\tking\t1\nking\tqueen\t8\n",
          "unknown.tsv": "atlantis\tposeidonis\t9\n"}
PARAMETERS = {
    "corpus": {"source": "own/corpus.txt"},
    "encode": {"min_count": 2},
    "train": {"dim": 12, "epochs": 1, "step": 128},
    "skipgram": {"sample": 0},
    "cbow": {"sample": 0},
    "evaluate": {"questions": "own/questions.txt",
                 "word_pairs": [f"own/{name}" for name in JUDGED]},
    "images": {"source": "own/images"},
    "split": {"validation": 0.2, "test": 0.2},
    "backbone": {"source": "own/saved_model"},
    "retrain": {"steps": 20},
    "texts": {"newsgroups": "own/documents.csv", "reuters": "own/documents.csv"},
    "retrain_texts": {"kind": "combined"},
}


@dataclass(frozen=True)
class Repository:
    """A folder with the project in it, and how to run something there.

    What runs there imports the folder's own packages, keeps its caches beside it, reads no
    settings of the user's and reaches no network.
    """

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """The environment of what runs in the folder."""
        beside = str(self.folder.with_name(f"{self.folder.name}-caches"))
        isolated = {name: beside for name in (
            "DVC_GLOBAL_CONFIG_DIR", "DVC_SYSTEM_CONFIG_DIR", "DVC_SITE_CACHE_DIR",
            "WORDS_AND_IMAGES_CACHE")}
        nowhere = {name: "http://127.0.0.1:9" for name in ("http_proxy", "https_proxy")}
        paths = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        # Inside a git hook GIT_DIR names the project's own repository.
        ours = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        return {**ours, **isolated, **nowhere, "PATH": paths, "PYTHONPATH": str(self.folder),
                "GIT_CONFIG_GLOBAL": os.devnull, "DVC_NO_ANALYTICS": "1",
                "WORDS_AND_IMAGES_MIRROR": ""}

    def start(self, *command: str, folder: Path | None = None) -> subprocess.Popen:
        """Start a command with Python in the repository, or in another folder."""
        return subprocess.Popen([sys.executable, *command], cwd=folder or self.folder, text=True,
                                env=self.environment, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run(self, *command: str, folder: Path | None = None) -> subprocess.CompletedProcess:
        """Run a command with Python to its end."""
        process = self.start(*command, folder=folder)
        output, errors = process.communicate(timeout=300)
        return subprocess.CompletedProcess(command, process.returncode, output, errors)

    def git(self, *arguments: str) -> str:
        """What git prints."""
        return subprocess.run(["git", *arguments], cwd=self.folder, env=self.environment,
                              check=True, capture_output=True, text=True).stdout


def copy_project(folder: Path) -> Path:
    """Copy what the pipeline runs on."""
    for name in COPIED:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name,
                            ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(ROOT / name, folder / name)
    return folder


def make_repository(folder: Path, saved_model: Path) -> Repository:
    """A committed repository with the tiny configuration and its inputs in own/."""
    copy_project(folder)
    write_corpus(folder / "own" / "corpus.txt")
    (folder / "own" / "questions.txt").write_text(QUESTIONS)
    for name, pairs in JUDGED.items():
        (folder / "own" / name).write_text(pairs)
    write_documents(folder / "own" / "documents.csv")
    write_pictures(folder / "own" / "images")
    shutil.copytree(saved_model, folder / "own" / "saved_model")
    set_parameters(folder, PARAMETERS)
    repository = Repository(folder)
    repository.git("init", "--quiet")
    repository.git("config", "user.name", "A Tester")
    repository.git("config", "user.email", "tester@example.org")
    repository.git("add", "--all")
    repository.git("commit", "--quiet", "--message", "The project with its inputs")
    return repository


def set_parameters(folder: Path, changes: dict) -> None:
    """Change values of params.yaml group by group."""
    path = folder / "params.yaml"
    parameters = yaml.safe_load(path.read_text())
    for group, values in changes.items():
        known = parameters.get(group, {})
        parameters[group] = {**known, **values} if isinstance(values, dict) else values
    path.write_text(yaml.safe_dump(parameters, sort_keys=False))


def write_corpus(path: Path, documents: int = 300) -> None:
    """Sentences about capitals, people and sizes, a few to a line."""
    generator = np.random.default_rng(3)
    sentences = [f"{capital} is the capital of {country} and a town" for country, capital in PLACES]
    sentences += ["the king and the queen of england hear music", "a big dog is bigger than a cat",
                  "a small cat is smaller than the dog", "the woman and the man go to the river",
                  "a doctor asks for money in the war", "physics on a computer needs money"]
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as output:
        for _ in range(documents):
            output.write(". ".join(generator.choice(sentences, 3)) + "\n")


def write_documents(path: Path, count: int = 40) -> None:
    """A table of texts about towns or about animals, with a published part for tests."""
    generator = np.random.default_rng(5)
    words = {"towns": ["paris", "london", "capital", "river"], "animals": ["dog", "cat", "big"]}
    rows = ["text,label,split"]
    for number in range(count):
        for label, own in words.items():
            text = " ".join([*generator.choice(own, 5), *generator.choice(["the", "a", "is"], 3)])
            rows.append(f"{text} {number},{label},{'test' if number % 4 == 0 else 'train'}")
    path.write_text("\n".join(rows) + "\n")


def write_pictures(folder: Path, count: int = 30, labels: dict = COLOURS) -> None:
    """Noisy pictures of one colour a class in class folders."""
    generator = np.random.default_rng(11)
    for label, colour in labels.items():
        (folder / label).mkdir(parents=True)
        for number in range(count):
            pixels = (colour + generator.integers(-40, 41, (24, 20, 3))).astype(np.uint8)
            # The bytes decide the split: this format's depend on no version of a compressor.
            Image.fromarray(pixels).save(folder / label / f"{number:03}.bmp")


def save_small_model(folder: Path) -> None:
    """A SavedModel in TF-Hub's style: the mean colours of the four quarters of 16 x 16 pixels."""
    from vision.backbones.runtime import tf

    def features(images):
        pooled = tf.nn.avg_pool2d(images, SIZE // 2, SIZE // 2, "VALID")
        return tf.reshape(pooled, (-1, 12))

    module = tf.Module()
    module.__call__ = tf.function(
        features, input_signature=[tf.TensorSpec((None, SIZE, SIZE, 3), tf.float32)])
    tf.saved_model.save(module, str(folder))
