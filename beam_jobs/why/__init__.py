"""`make why`: what became of one page, and the record that it came from, fetched again."""
