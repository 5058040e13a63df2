"""Folders of images turned into classifiers."""
