"""A run's directory in gantop's layout: config.toml, metrics.csv, journal.jsonl, summary.json, checkpoints/."""

import datetime
import json
import os
import re

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

from . import _names
from ._numbers import finite
from ._version import PROGRAM

# Below how many bytes metrics.csv stays before rows are left out.
BYTES = 100_000_000
CHECKPOINTS = "checkpoints"


def now():
    """The time in RFC 3339, UTC, to the millisecond."""
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def make(parent, name):
    """Makes a new directory for a run, which nobody else may look into: its time and its name."""
    safe = re.sub(r"[^\w.+=]", "-", name).strip("-.")[:100] or "run"
    while len(safe.encode()) > 100:
        safe = safe[:-1]
    os.makedirs(parent, exist_ok=True)
    stem = os.path.join(parent, datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%d-%H%M%S-") + safe)
    path, number = stem, 1
    while True:
        try:
            os.mkdir(path, 0o700)
            return os.path.abspath(path)
        except FileExistsError:
            number += 1
            path = f"{stem}-{number}"


class Record:
    """Writes a run's files, from the server's thread alone. What cannot be written is counted and said once."""

    def __init__(self, path, name, config, steps, every, said):
        self.path, self.name, self.said = path, name, said
        self.every = every or 1
        self.thins = not every
        self.started = now()
        self.columns, self.rows, self.missing_rows, self.missing_events = [], 0, 0, 0
        self.bytes, self.limit, self.carried = 0, BYTES, {}
        self.table = None
        text = f"name = {_toml(name)}\nsteps = {steps}\n"
        with open(os.path.join(path, "config.toml"), "x", encoding="utf-8") as file:
            file.write("# A run of a trainer in Python; what it was called with is in config.json.\n" + text)
        with open(os.path.join(path, "config.json"), "x", encoding="utf-8") as file:
            json.dump(config, file, default=repr, indent=2, skipkeys=True)
            file.write("\n")
        self.journal = os.open(os.path.join(path, "journal.jsonl"), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND,
                               0o600)
        if fcntl:
            try:
                # Whoever asks whether the run goes on tries for this lock.
                fcntl.flock(self.journal, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                # Without locks, as on some network file systems, the run looks interrupted: no more than that.
                pass

    def note(self, event):
        """Adds an event to the journal."""
        line = json.dumps({"time": now(), **event}, allow_nan=False) + "\n"
        try:
            _write(self.journal, line.encode())
        except OSError as error:
            self.missing_events += 1
            self.said(f"{self.path}/journal.jsonl: cannot be written: {error}; lines are missing from here", "journal")

    def add(self, rows, columns):
        """Adds rows, each (step, seconds, values by column); `columns` are names and whether each comes now and then."""
        try:
            if len(columns) != len(self.columns):
                self._declare(columns)
            text = self._text(rows)
            if text:
                _write(self.table, text)
                self.bytes += len(text)
                self.rows += text.count(b"\n")
                if self.thins and self.bytes > self.limit:
                    # Ten times as many steps fit into as much again.
                    self.every, self.limit = self.every * 10, self.limit + BYTES
        except OSError as error:
            self.missing_rows += len(rows)
            self.said(f"{self.path}/metrics.csv: cannot be written: {error}; rows are missing from here", "metrics")

    def _text(self, rows):
        lines = []
        # What most rows are: a number in every column that comes with every step, and nothing in the others.
        usual = "%d,%.6f," + ",".join("" if rare else "%.9g" for _, rare in self.columns) + "\n"
        steady = [at for at, (_, rare) in enumerate(self.columns) if not rare]
        for step, seconds, values in rows:
            if not self.carried and step % self.every == 0:
                few = [values[at] for at in steady]
                if None not in few and values.count(None) == len(values) - len(few):
                    lines.append(usual % (step, seconds, *few))
                    continue
            for at, (name, rare) in enumerate(self.columns):
                if rare and values[at] is not None:
                    self.carried[name] = values[at]
            if step % self.every:
                continue
            cells = [self.carried.get(name) if rare else "nan" if values[at] is None else values[at]
                     for at, (name, rare) in enumerate(self.columns)]
            self.carried = {}
            lines.append("%d,%.6f,%s\n" % (step, seconds, ",".join([
                cell if isinstance(cell, str) else "" if cell is None else "%.9g" % cell for cell in cells])))
        return "".join(lines).encode()

    def _declare(self, columns):
        """Gives metrics.csv its header, or the new columns that it needs."""
        header = ",".join(["step", "seconds", *(name for name, _ in columns)]).encode() + b"\n"
        path = os.path.join(self.path, "metrics.csv")
        more = len(columns) - len(self.columns)
        if self.table is None:
            self.table = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
            _write(self.table, header)
        else:
            fresh = os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
            # One of gantop's own that is new was not a number before; of others there was none.
            empty = b"".join(b",nan" if name in _names.OWN else b"," for name, _ in columns[-more:]) + b"\n"
            with open(path, "rb") as old:
                old.readline()
                _write(fresh, header)
                for piece in iter(lambda: old.read(1 << 20), b""):
                    _write(fresh, piece.replace(b"\n", empty))
            os.replace(path + ".new", path)
            os.close(self.table)
            self.table = fresh
        self.columns = list(columns)

    def end(self, event, last, seconds, objective, device):
        """Writes the last event and the summary, and gives the run up."""
        self.note(event)
        summary = {"name": self.name, "objective": objective, "state": event["outcome"], "why": event.get("why"),
                   "steps": event["step"], "seconds": seconds,
                   "metrics": {name: value if finite(value) else None for name, value in last.items()},
                   "device": device, "threads": 0, "versions": {"client": PROGRAM}, "started": self.started,
                   "ended": now(), "rows": self.rows, "missing_rows": self.missing_rows,
                   "missing_events": self.missing_events, "analysis": None}
        path = os.path.join(self.path, "summary.json")
        try:
            with open(path + ".new", "x", encoding="utf-8") as file:
                json.dump(summary, file, indent=2, allow_nan=False)
                file.write("\n")
            os.replace(path + ".new", path)
        except OSError as error:
            self.said(f"{path}: cannot be written: {error}", "summary")
        self.close()

    def close(self):
        """Closes the files; the lock goes with the journal."""
        for file in (self.table, self.journal):
            if file is not None:
                try:
                    os.close(file)
                except OSError:
                    pass
        self.table = self.journal = None


def _write(file, data):
    data = memoryview(data)
    while data:
        data = data[os.write(file, data):]


def _toml(text):
    """A text as a basic string of TOML."""
    return json.dumps(_names.shown(text), ensure_ascii=False)
