"""Texts with labels turned into classifiers of texts."""
