"""What happens to a document, or to a row of tokens, on its way from the raw web to a training batch.

Pure functions, in this order: `sources` reads records, `extraction` turns them into text, `language` and `quality`
judge the text, `near_duplicates` decides which copies stay, `splits` deals documents into train, validation and test,
`augmentation` makes variants, `mixture` says how often each document is seen, `tokenizer` turns text into tokens,
`packing` puts documents into rows, and `shards` is the file that the trainer reads. `document` and `ledger` are the
accounts that go along, `recipe` is the configuration of a whole run, `artifacts` how results are written to disk and
found again, and `console` how commands speak to a person.

This room knows neither Beam nor torch.
"""
