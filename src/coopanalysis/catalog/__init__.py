"""What there is, as data: sources, columns, corrections. Nothing here reads a raw file."""
