"""The mathematics at work: worked examples, each a stage of examples/dvc.yaml with its picture."""

from words_and_images.common.processor import choose_kernels

# Before anything imports numpy: OpenBLAS picks its kernels once, when it is loaded.
choose_kernels()
