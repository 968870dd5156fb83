"""The corpus job: raw records to documents, in phases.

`extract` reads byte ranges and judges each text alone; `repeated` and `cut`, if the recipe asks for it, take out text
that recurs; the phases in `duplicates` find what shares an id, an address, its words or a MinHash band, decide which
documents stay, and keep splits apart; those in `variants` make
changed copies of some training documents; `finish` writes what stays, with its split. `outcomes` tells the last phases
what became of each candidate. `close` checks the ledger and writes the manifest.
"""
