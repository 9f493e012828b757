"""The package's version, and what it calls itself."""

VERSION = "0.2.0"
PROGRAM = "gantop-python " + VERSION
