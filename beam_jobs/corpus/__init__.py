"""The corpus job: raw records to documents, in five phases.

`extract` reads byte ranges and judges each text alone; `buckets` finds documents that share a MinHash band; `clusters`
joins them to components; `choose` decides inside each component which documents stay; `finish` writes the documents
with their split and the variants of some of them. `close` checks the ledger and writes the manifest.
"""
