"""Pages that need nothing but their file: their frame, their charts, and how they are written."""
