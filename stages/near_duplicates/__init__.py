"""Finding documents with nearly the same words, and choosing which of them stay.

`signatures` turns texts into MinHash signatures and band keys, `clusters` groups equal keys, `selection` keeps one
document of each group of duplicates and certifies every removal by the true Jaccard similarity, and `detection_curve`
tells how likely a pair of a given similarity is found at all.
"""
