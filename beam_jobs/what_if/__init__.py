"""What other bounds would have kept or dropped, told from the stored values of a finished corpus."""
