"""The stages as jobs over many files, on a laptop or on Dataflow: the only room that imports Apache Beam.

`sample` fetches the example inputs and `wordnet` a lexicon for augmentation, from `packages`. `corpus` makes documents
out of raw records, `certify` proves them, `tokenizer` trains SentencePiece and packs shards, `ablate` makes variants of
both. `units` is how every job cuts its work, commits it and resumes it; `runner` starts it and `progress` shows it.
"""
