"""Finding documents with nearly the same words, and choosing which of them stay.

`signatures` turns texts into MinHash signatures, band keys and shingle sets (`datatrove_signatures` as datatrove does),
`addresses` and `priority` tell which records are of one page and which goes before which, `clusters` joins equal keys,
`selection` keeps documents and certifies every removal by the true Jaccard similarity, `held_out` finds all pairs of a
few documents with many, and `detection_curve` tells how likely a pair of a given similarity is found at all.
"""
