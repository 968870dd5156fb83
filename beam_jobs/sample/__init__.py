"""The sample: real text out of packages, laid out as a user's own raw data would be.

`command` goes through the `packages` in turn, which `beam_jobs.packages` fetches. Their HTML pages (`debian`) become
WARC files (`warc_writer`; `documentation` makes pages out of Python itself where there is no apt), gensim's excerpt of
Wikipedia a MediaWiki dump (`wikipedia`), and leads and plays JSON lines and plain text (`texts`). `outputs` is the
folder they are written to, and decides what a smaller sample leaves out.
"""
