"""The past of a run's metrics, in bounded room: the latest rows as they are, older ones merged, spikes kept."""

from ._numbers import finite, plain

# Rows that are kept as they are, and spans that are kept before two become one.
RECENT = 1024
SPANS = 2048


class Span:
    """Several rows as one: of each column how many values there were, how many not finite, least, largest, mean, last."""

    __slots__ = ("first", "last", "count", "seconds", "stats")

    def __init__(self, first, last, count, seconds, stats):
        self.first, self.last, self.count, self.seconds, self.stats = first, last, count, seconds, stats

    @staticmethod
    def of(rows):
        columns = zip(*(row[2] for row in rows))
        return Span(rows[0][0], rows[-1][0], len(rows), rows[-1][1], [_stat(column) for column in columns])

    def merged(self, later):
        stats = []
        for at in range(max(len(self.stats), len(later.stats))):
            one = self.stats[at] if at < len(self.stats) else None
            two = later.stats[at] if at < len(later.stats) else None
            stats.append(_merged(one, two) if one and two else one or two)
        return Span(self.first, later.last, self.count + later.count, later.seconds, stats)


def _stat(column):
    values = [value for value in column if value is not None]
    if not values:
        return None
    good = [value for value in values if finite(value)]
    wrong = len(values) - len(good)
    if not good:
        return (len(values), wrong, None, None, None, values[-1])
    low, high = min(good), max(good)
    return (len(values), wrong, low, high, min(max(sum(good) / len(good), low), high), values[-1])


def _merged(one, two):
    good = one[0] - one[1], two[0] - two[1]
    if not good[1]:
        figures = one[2:5]
    elif not good[0]:
        figures = two[2:5]
    else:
        low, high = min(one[2], two[2]), max(one[3], two[3])
        mean = (one[4] * good[0] + two[4] * good[1]) / (good[0] + good[1])
        figures = (low, high, min(max(mean, low), high))
    return (one[0] + two[0], one[1] + two[1], *figures, two[5])


class Past:
    """Rows are (step, seconds, values): a value for each column, None where the row has none."""

    def __init__(self):
        self.spans, self.rows = [], []
        # How many rows an older span holds.
        self.width = 8

    def widen(self, columns):
        """There are more columns now."""
        for row in self.rows:
            row[2].extend([None] * (columns - len(row[2])))

    def add(self, row):
        self.rows.append(row)
        if len(self.rows) >= RECENT + self.width:
            self.spans.append(Span.of(self.rows[:self.width]))
            del self.rows[:self.width]
            if len(self.spans) >= SPANS:
                pairs = zip(self.spans[::2], self.spans[1::2])
                self.spans = [one.merged(two) for one, two in pairs]
                self.width *= 2

    def since(self, step):
        """The rows after this step; None if the first of them are no longer there as they were."""
        if self.spans and step < self.spans[-1].last:
            return None
        low, high = 0, len(self.rows)
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self.rows[middle][0] <= step else (low, middle)
        return self.rows[low:]


def steps(rows, columns):
    """Rows as a line of the protocol; `columns` are names, each with whether it comes now and then."""
    metrics, occasional = {}, {}
    for at, (name, rare) in enumerate(columns):
        if rare:
            came = [[row[0], plain(row[2][at])] for row in rows if row[2][at] is not None]
            if came:
                occasional[name] = came
        else:
            metrics[name] = ["NaN" if row[2][at] is None else plain(row[2][at]) for row in rows]
    said = {"step": [row[0] for row in rows], "seconds": [row[1] for row in rows], "metrics": metrics}
    if occasional:
        said["occasional"] = occasional
    return {"steps": said}


def merged(spans, columns):
    """Spans as a line of the protocol."""
    tables = {name: {} for name in ("min", "max", "mean", "latest")}
    lost, counts = {}, {}
    nothing = (0, 0, None, None, None, None)
    for at, (name, rare) in enumerate(columns):
        stats = [(span.stats[at] if at < len(span.stats) else None) or nothing for span in spans]
        if not any(stat[0] for stat in stats):
            continue
        for place, table in enumerate(("min", "max", "mean", "latest"), 2):
            tables[table][name] = ["NaN" if stat[place] is None else plain(stat[place]) for stat in stats]
        # What does not come with every step has a count; of the others a value that is missing counts as not finite.
        if rare:
            lost[name], counts[name] = [stat[1] for stat in stats], [stat[0] for stat in stats]
        else:
            lost[name] = [span.count - stat[0] + stat[1] for span, stat in zip(spans, stats)]
    said = {"first": [span.first for span in spans], "last": [span.last for span in spans],
            "count": [span.count for span in spans], "seconds": [span.seconds for span in spans], **tables,
            "non_finite": lost}
    return {"merged": {**said, "counts": counts} if counts else said}
