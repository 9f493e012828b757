"""Becomes the program gantop, which a wheel holds in `bin` beside this file: the command `gantop` that pip installs.

The program takes the libraries of the PyTorch in the same environment, so that has to be there and of the right version.
"""

import importlib.metadata
import os
import sys

# The PyTorch that the program is built for; scripts/libtorch has it too, and scripts/wheel compares.
TORCH = "2.11"
PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bin", "gantop")


def main():
    why = unfit(PROGRAM)
    if why:
        sys.exit("gantop: " + why)
    os.execv(PROGRAM, ["gantop"] + sys.argv[1:])


def unfit(program):
    """Why the program cannot start here, as a sentence; None if it can."""
    if not os.path.exists(program):
        return "this is the Python client alone, without the program: install a wheel of gantop, or build it from a checkout with make install"
    way = "pip install 'torch==%s.*', best in an environment of its own, as pipx makes one" % TORCH
    try:
        found = importlib.metadata.version("torch")
    except importlib.metadata.PackageNotFoundError:
        return "the program needs the libraries of PyTorch %s, which is not installed: %s" % (TORCH, way)
    if found.split(".")[:2] != TORCH.split("."):
        return "the program is built for PyTorch %s, and %s is installed: %s" % (TORCH, found, way)
    return None
