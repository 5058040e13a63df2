"""Folders and tables of documents turned into classifiers."""

from words_and_images.common.processor import choose_kernels

# Before anything imports numpy: OpenBLAS picks its kernels once, when it is loaded.
choose_kernels()
