"""For all tests: hypothesis draws the same examples in every run, on every machine, and keeps none."""

from hypothesis import settings

settings.register_profile("the same examples", derandomize=True, deadline=None, database=None)
settings.load_profile("the same examples")
