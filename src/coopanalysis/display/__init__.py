"""What a reader sees: sentences, tables, figures, maps and the parts of a page."""
