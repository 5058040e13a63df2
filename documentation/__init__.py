"""docs/ and the docstrings of the public API in, a site that opens from its files out."""
