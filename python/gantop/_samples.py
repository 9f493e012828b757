"""Samples of whatever library as the protocol has them. Neither NumPy nor PyTorch is imported unless it is there."""

import base64
import math
import sys
from collections import Counter

from ._numbers import finite, plain

# The longest side of an image that is sent: a terminal shows no more.
SIDE = 256
# The most images and points of a kind, and the most bytes of all images of a kind.
IMAGES = 256
POINTS = 1000
BYTES = 1 << 23
# The bins of a histogram, and the most coordinates that get one.
BINS = 40
COORDINATES = 4


class Shape:
    """The shape of a run's samples, told once and kept: points, or images with the interval of their values."""

    def __init__(self, given=None, span=None):
        # `given` are height, width and, where there are any, channels of what comes flat.
        self.given, self.span = given, span
        self.said = None

    def learn(self, sides, span):
        """Takes the shape of one sample, as it is sent, and gives whether it is news."""
        if len(sides) == 1:
            said = {"point": {"dims": sides[0]}}
        else:
            if self.span is None:
                self.span = span
            ends = "signed" if self.span[0] < 0 else "unit"
            said = {"image": {"width": sides[1], "height": sides[0], "channels": sides[2], "range": ends}}
        news, self.said = said != self.said, said
        return news


class Batch:
    """Samples of one kind: points as a list of floats, images as bytes, a byte 0 at the low end of the interval."""

    def __init__(self, values, sides, span=None):
        self.values, self.sides = values, sides
        # The ends that are said of the interval: those of the shape's range.
        self.span = span

    def line(self, most):
        """At most so many of them, as JSON."""
        values = self.values[:most * math.prod(self.sides)]
        if isinstance(values, bytes):
            low = -1 if self.span and self.span[0] < 0 else 0
            return {"bytes": base64.b64encode(values).decode(), "low": low, "high": 1}
        return [plain(value) for value in values]


def array(values):
    """A tensor or an array as an array of NumPy, or as nested lists where there is no NumPy."""
    if hasattr(values, "detach"):
        values = values.detach()[:IMAGES * 4].cpu()
        if "float" in str(values.dtype):
            values = values.float()
        try:
            return values.numpy()
        except (RuntimeError, ImportError):
            return values.tolist()
    if hasattr(values, "__array__") and "numpy" in sys.modules:
        return sys.modules["numpy"].asarray(values[:IMAGES * 4])
    return values.tolist() if hasattr(values, "tolist") else list(values)


def floats(values, most):
    """At most so many numbers of whatever shape, as a flat list."""
    values = array(values)
    if hasattr(values, "ravel"):
        return [float(value) for value in values.ravel()[:most].tolist()]
    return list(_flat(values))[:most]


def batch(values, shape):
    """Samples as they are sent, and whether that is a new shape for the run."""
    values = array(values)
    numpy = sys.modules.get("numpy") if hasattr(values, "astype") else None
    dims = tuple(values.shape) if numpy else _dims(values)
    if not dims or 0 in dims:
        raise ValueError(f"an array of shape {dims}: must hold samples")
    place = _place(dims, shape.given)
    if place is None:
        rows = values.reshape(dims[0], -1)[:POINTS].ravel().tolist() if numpy else list(_flat(values[:POINTS]))
        made = Batch([float(value) for value in rows], (math.prod(dims[1:]) if len(dims) > 1 else 1,))
        return made, shape.learn(made.sides, None)
    return _images(values, place, shape, numpy)


def _place(dims, given):
    """Height, width and channels of an image and whether channels come first; None for points."""
    if given and math.prod(dims[1:]) == math.prod(given):
        height, width, *channels = given
        channels = channels[0] if channels else 1
        return height, width, channels, len(dims) == 4 and dims[1] == channels and dims[1:] != tuple(given)
    if len(dims) == 3:
        return dims[1], dims[2], 1, False
    if len(dims) == 4:
        if dims[3] in (1, 3, 4) and dims[1] not in (1, 3):
            return dims[1], dims[2], dims[3], False
        return dims[2], dims[3], dims[1], True
    if len(dims) == 2 and dims[1] >= 256 and math.isqrt(dims[1]) ** 2 == dims[1]:
        return math.isqrt(dims[1]), math.isqrt(dims[1]), 1, False
    if len(dims) > 4:
        raise ValueError(f"samples of shape {dims[1:]}: must be points or images")
    return None


def _images(values, place, shape, numpy):
    height, width, channels, first = place
    keeps = 3 if channels >= 3 else 1
    every = max(1, -(-max(height, width) // SIDE))
    sides = (-(-height // every), -(-width // every), keeps)
    if max(sides[:2]) > 4 * SIDE or math.prod(sides) == 0:
        raise ValueError(f"images of {width} by {height} pixels: must be images")
    count = max(1, min(IMAGES, BYTES // math.prod(sides)))
    if numpy:
        values = values[:count].reshape((-1, channels, height, width) if first else (-1, height, width, channels))
        values = values.transpose(0, 2, 3, 1) if first else values
        values = values[:, ::every, ::every, :keeps]
        whole = values.dtype.kind in "ui"
        values = numpy.nan_to_num(values.astype("f4"), nan=0.0, posinf=0.0, neginf=0.0)
        low, high = shape.span or _span(whole, float(values.min()), float(values.max()))
        values = ((values - low) * (255.0 / (high - low))).round().clip(0, 255).astype("u1").tobytes()
    else:
        flat = [list(_flat(one)) for one in values[:count]]
        everything = [value for one in flat for value in one]
        whole = all(isinstance(value, int) for value in everything)
        good = [value for value in everything if finite(value)] or [0.0]
        low, high = shape.span or _span(whole, min(good), max(good))
        scale = 255.0 / (high - low)
        at = (lambda y, x, c: (c * height + y) * width + x) if first else \
            (lambda y, x, c: (y * width + x) * channels + c)
        pixels = [at(y, x, c) for y in range(0, height, every) for x in range(0, width, every) for c in range(keeps)]
        values = bytes(min(255, max(0, round((one[p] - low) * scale))) if finite(one[p]) else 0
                       for one in flat for p in pixels)
    made = Batch(values, sides, (low, high))
    return made, shape.learn(sides, (low, high))


def _span(whole, low, high):
    """The interval that the values of images span, from what comes first."""
    if whole or high > 1.5:
        return 0.0, 255.0
    return (-1.0, 1.0) if low < -0.01 else (0.0, 1.0)


def _dims(values):
    dims = []
    while isinstance(values, (list, tuple)):
        dims.append(len(values))
        values = values[0] if values else None
    return tuple(dims)


def _flat(values):
    for value in values:
        if isinstance(value, (list, tuple)):
            yield from _flat(value)
        else:
            yield value


def snapshot(step, shape, real, fake, critic, objective, most):
    """A snapshot as a line of the protocol. What there is none of is left out."""
    nothing = Batch([], (1,))
    real, fake = real or nothing, fake or nothing
    said = {"step": step, "shape": shape, "objective": {"kind": objective}, "real": real.line(most),
            "fake": fake.line(most), "values": _values(shape, real, fake)}
    if critic:
        said["critic"] = histogram("critic value", critic[0], critic[1])
    return {"snapshot": said}


def _values(shape, real, fake):
    if "image" in shape:
        low = -1.0 if shape["image"]["range"] == "signed" else 0.0
        counts = [Counter(batch.values) if isinstance(batch.values, bytes) else {} for batch in (real, fake)]
        bins = [[0] * BINS, [0] * BINS]
        for side, counted in zip(bins, counts):
            for value, count in counted.items():
                side[value * BINS // 256] += count
        return [{"label": "pixel", "low": low, "high": 1.0, "real": bins[0], "fake": bins[1], "outside": [0, 0]}]
    dims = shape["point"]["dims"]
    names = ["x", "y"] if dims <= 2 else [f"x{at + 1}" for at in range(COORDINATES)]
    return [histogram(names[at], real.values[at::dims], fake.values[at::dims])
            for at in range(min(dims, COORDINATES))]


def histogram(label, real, fake):
    """Both as counts over the same bins."""
    good = [[value for value in values if finite(value)] for values in (real, fake)]
    low, high = min(good[0] + good[1], default=0.0), max(good[0] + good[1], default=1.0)
    high = high if high > low else low + max(1.0, abs(low))
    counts = [[0] * BINS, [0] * BINS]
    scale = BINS / (high - low)
    for side, values in zip(counts, good):
        for value in values:
            side[min(int((value - low) * scale), BINS - 1)] += 1
    outside = [len(real) - len(good[0]), len(fake) - len(good[1])]
    return {"label": label, "low": low, "high": high, "real": counts[0], "fake": counts[1], "outside": outside}
