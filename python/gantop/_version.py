"""The package's version, and what it calls itself."""

VERSION = "0.1.0"
PROGRAM = "gantop-python " + VERSION
