"""`make export-shards`: the packed shards of a run in the format of another trainer."""
