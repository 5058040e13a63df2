"""The folder that a head is written into."""

from words_and_images.common.own_files import Kind

HEAD_FILE, LABELS_FILE, HISTORY_FILE = HEAD_FILES = ("head.npz", "labels.json", "history.json")
HEAD = Kind("a head", HEAD_FILES, HEAD_FILES, "make it again with `dvc repro`")
