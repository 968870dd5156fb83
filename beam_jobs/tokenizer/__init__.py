"""The tokenizer job: documents to a tokenizer and packed shards, in four phases.

`sample` draws training text, `train` trains SentencePiece on it, `encode` turns all documents into tokens and deals
them to shards, `pack` puts the documents of each shard into rows. `close` checks that no token went missing.
"""
