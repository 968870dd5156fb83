"""The tokenizer job: documents to a tokenizer and packed shards.

`collect`, `repeated_ids`, `across` and `mix` do nothing unless corpora are joined: then they find what is in two of
them or too alike to what another one holds out. `count`, `draw` and `sample` take the text to train on, and other text
to measure on. `train` trains SentencePiece, and `measure` says what the tokenizer makes of a text. `encode` turns all
documents into tokens and deals them to shards, `pack` puts the documents of each shard into rows, as often as the
mixture says. `close` checks that no document and no token went missing.
"""
