"""Pretrains a compact Transformer on packed shards: the only room that imports torch."""
