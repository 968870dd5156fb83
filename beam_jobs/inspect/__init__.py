"""`make inspect`: what is in one row of a shard, document by document, and where each came from."""
