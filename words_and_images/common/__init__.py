"""What every room needs: parameters, files, archives, sources, command lines."""
