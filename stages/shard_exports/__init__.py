"""Packed shards in the formats of other trainers, one module for each: which files there are, and how each is written.

All of them read a shard at a time and keep none, so memory does not grow with the data.
"""
