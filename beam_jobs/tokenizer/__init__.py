"""The tokenizer job: documents to a tokenizer and packed shards.

`collect`, `repeated_ids`, `across` and `mix` do nothing unless corpora are joined: then they find what is in two of
them or too alike to what another one holds out. `sample` draws training text, `train` trains SentencePiece on it,
`encode` turns all documents into tokens and deals them to shards, `pack` puts the documents of each shard into rows, as
often as the mixture says. `close` checks that no document and no token went missing.
"""
