"""The rows of a run as they come together from what was logged, and the columns that they need."""

import time

from . import _names, _past
from ._numbers import LARGEST, finite

# How long the row of a loop that never calls `step` waits for more values of its step, in seconds.
WAIT = 0.5


class Table:
    """Rows are (step, seconds, values), complete and in order; columns are [name, whether it comes now and then].

    gantop's own metrics come with every step: where one does not, its last value holds. All others come now and then.
    """

    def __init__(self, aliases, declared, said):
        self.aliases, self.said = aliases, said
        # What a person has declared of metrics, by the name that training uses.
        self.declared = declared
        # By the name that training uses: the place of its column, None where there is no room.
        self.places, self.columns = {}, []
        self.past, self.unwritten = _past.Past(), []
        # The last value of each column, and the places of those that come with every step.
        self.last, self.steady = [], []
        self.step, self.seconds = 0, 0.0
        # The row that is being filled, and when its first value came; values that came too late for their own.
        self.row, self.since, self.carried = None, 0.0, {}
        # Whether there are columns that nobody has been told of.
        self.grown = False

    def log(self, step, seconds, values):
        """Takes in what was logged at a step."""
        row = self.row
        if row is not None and step == row[0]:
            row[2].update(values)
        elif step > (self.step if row is None else row[0]):
            self.finish()
            # The values are the caller's own: `log` makes them anew each time.
            self.row, self.since = (step, seconds, values), time.monotonic()
        else:
            self._late(step, values)

    def _late(self, step, values):
        """Values of a step whose row is complete: what comes now and then stands in the next one."""
        for name, value in values.items():
            place = self._place(name)
            if place is not None and self.columns[place][1]:
                self.carried[name] = value
            elif place is not None:
                self.said(f"log: {name} of step {step} came after a later step, and is left out: steps must rise", "late")

    def waits(self, done, stepping):
        """Whether the row that is being filled may get more values: training has not gone on behind its step."""
        if self.row is None:
            return False
        return self.row[0] > done if stepping else time.monotonic() - self.since < WAIT

    def finish(self):
        """The row that is being filled is complete."""
        if self.row is None:
            return
        step, seconds, named = self.row
        self.row = None
        if self.carried:
            named, self.carried = {**self.carried, **named}, {}
        # First all columns: a new one makes every row longer.
        known = self.places
        places = [known[name] if name in known else self._place(name) for name in named]
        values = [None] * len(self.columns)
        for place, value in zip(places, named.values()):
            if place is not None:
                values[place] = value if type(value) is float and -LARGEST <= value <= LARGEST else \
                    self._float(value, place)
        if None in values:
            for place in self.steady:
                if values[place] is None:
                    values[place] = self.last[place]
            self.last = [before if value is None else value for value, before in zip(values, self.last)]
        else:
            self.last = values
        row = (step, seconds, values)
        self.step, self.seconds = step, seconds
        self.past.add(row)
        self.unwritten.append(row)

    def _float(self, value, place):
        try:
            value = value if type(value) is float else float(value)
        except (TypeError, ValueError, RuntimeError, OverflowError) as error:
            name = self.columns[place][0]
            self.said(f"log: {name}: {error}", name)
            return None
        # What a 32-bit float cannot hold is infinite.
        return value if finite(value) or value != value else value * float("inf")

    def _place(self, name):
        place = self.places.get(name, -1)
        if place == -1:
            place = self._declare(name)
            # Names that are made up in a loop must not fill the memory.
            if len(self.places) < 10_000:
                self.places[name] = place
        return place

    def _declare(self, name):
        own = _names.own(name) if self.aliases or name in _names.OWN else None
        fit = own or _names.fit(name)
        for place, column in enumerate(self.columns):
            if column[0] == fit:
                return place
        if own is None and sum(column[1] for column in self.columns) >= _names.MOST_DECLARED:
            self.said(f"log: {name!r:.80} and what else is new is left out: a run has at most {_names.MOST_DECLARED} "
                      "metrics", "many")
            return None
        if own is not None:
            self.steady.append(len(self.columns))
        self.columns.append([fit, own is None])
        self.last = [*self.last, None]
        self.past.widen(len(self.columns))
        for row in self.unwritten:
            row[2].extend([None] * (len(self.columns) - len(row[2])))
        self.grown = True
        return len(self.columns) - 1

    @property
    def latest(self):
        """The last value of each metric, by name."""
        return {name: value for (name, _), value in zip(self.columns, self.last) if value is not None}

    def infos(self):
        """What the protocol says of the metrics besides gantop's own."""
        about = {_names.fit(name): info for name, info in self.declared.items()}
        return [{"name": name, **_group(name), **about.get(name, {}), "cadence": "occasional"}
                for name, rare in self.columns if rare]


def _group(name):
    """The chart that a metric is drawn in, and its name there: `loss/real` is `real` among `loss`."""
    group, _, label = name.rpartition("/")
    return {"group": group, "label": label} if group and label else {}
