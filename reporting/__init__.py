"""The report page and the table that `make run` ends with."""
