"""The sample: real text out of packages, laid out as a user's own raw data would be.

`command` goes through the `packages` in turn: `pypi` and `debian` fetch them with their own clients, `downloads` keeps
what has been fetched whole. Their HTML pages become WARC files (`warc_writer`; `documentation` makes pages out of
Python itself where there is no apt), gensim's excerpt of Wikipedia a MediaWiki dump (`wikipedia`), and leads and plays
JSON lines and plain text (`texts`). `outputs` is the folder they are written to, and decides what a smaller sample
leaves out.
"""
