"""Files, folders, archives and pipes of any kind in, documents of plain text out, one a line."""
