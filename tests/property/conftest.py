"""The same examples on every machine and every run: a red build is a fault, never luck."""

from hypothesis import settings

settings.register_profile("bokbro", max_examples=100, deadline=None, derandomize=True, database=None)
settings.load_profile("bokbro")
