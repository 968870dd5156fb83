"""The search for duplicates: from candidates with their bands to who stays, in phases that move hashes, never text.

`gather` sorts the keys of a run of candidates into ranges; `buckets` finds equal keys in one range of one key;
`contract` and `clusters` join what shares a key to components (`components`, by rounds, where one unit could not hold
the graph); `collect` brings the shingle sets of each component together; `choose` decides component by component
(`giants` and `conclude`, by rounds, for those that one unit could not hold); `settle` brings the decisions back to the
candidates. `across` and `moved` then see to it that no document is too alike to one of another split.

A candidate is known by its reference, `(ordinal of its candidates' unit) << 32 | row`.
"""
