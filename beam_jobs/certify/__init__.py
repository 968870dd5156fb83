"""The certify job: proves a finished corpus once more, from its documents and removals alone.

`read` takes from every document and removal the keys by which it can be compared; `pairs` brings equal ones together,
which shows what has the same id, content or address, and who has to be compared; `sets` brings their shingles
together; `check` compares them; `across_splits` compares all documents with those held out. Texts stay where they are:
what travels is hashes. `close` counts, and names what is wrong.
"""
