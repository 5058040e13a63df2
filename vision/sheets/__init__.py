"""Pictures and words in, one PNG out: the sheets that this project draws."""
