"""Numbers of whatever library as Python's, and as the protocol writes them."""

import math

# The largest finite number of a metric: a 32-bit float's.
LARGEST = 3.4028234e38


def number(value):
    """A scalar as a float; one on a device that must be waited for as a tensor of its own, to be read later.

    Raises what float() raises for what is no scalar.
    """
    detach = getattr(value, "detach", None)
    if detach is None:
        return float(value)
    if getattr(getattr(value, "device", None), "type", "cpu") == "cpu":
        return float(detach())
    # Reading it now would wait for the device; a copy is not touched by what training does to the original.
    return detach().clone()


def finite(value):
    """Whether a float is one that a metric can have and that is finite."""
    return -LARGEST <= value <= LARGEST


def plain(value):
    """A float as JSON of the protocol."""
    if -LARGEST <= value <= LARGEST:
        return value
    return "NaN" if math.isnan(value) else "inf" if value > 0 else "-inf"
