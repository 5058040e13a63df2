"""What both halves of the house need: parameters, files, archives, sources, command lines."""
