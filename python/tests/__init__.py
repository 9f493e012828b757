"""Tests of the package, with nothing but the standard library: `python3 -m unittest discover -s python/tests -t python`."""
