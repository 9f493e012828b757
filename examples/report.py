#!/usr/bin/env python3
"""A trainer of your own on gantop's dashboard: this one trains a GAN, reports to gantop and obeys it.

    gantop attach --listen /tmp/gan.socket       in one terminal
    python3 examples/report.py /tmp/gan.socket   in another

Python's standard library is enough. `Reporter` is what to take over into a training loop, of PyTorch or of anything
else; what is below it is a small GAN to try it with. docs/protocol.md says what every line means.

Training waits for nobody: a thread of its own speaks to the dashboard, and what a slow one has not read is merged. If
nobody listens, that is said once and tried again every second; a dashboard that comes late, or again, hears a bounded
past first. One that leaves changes nothing: training goes on, and if it is paused it stays so until the next one.
"""

import argparse
import json
import math
import queue
import random
import socket
import sys
import threading
import time

# Where gantop's keys stand among the settings.
KEYS = {
    "objective.kind": ("objective", "kind"),
    "constraint.clip": ("constraint", "clip"),
    "constraint.lambda": ("constraint", "lambda"),
    "constraint.gamma": ("constraint", "gamma"),
    "optimizer.generator.lr": ("generator_lr",),
    "optimizer.critic.lr": ("critic_lr",),
    "critic.steps": ("critic_steps",),
}


def plain(number):
    """A number as the protocol writes it: JSON has no word for those that are not finite."""
    if number is None or math.isnan(number):
        return "NaN"
    return number if math.isfinite(number) else ("inf" if number > 0 else "-inf")


class Spans:
    """Records of steps, a row each. Where there are more than `most`, neighbours become one, and extremes stay."""

    def __init__(self, most=1024):
        self.most, self.rows = most, []

    def add(self, step, seconds, metrics):
        finite = {name: value if math.isfinite(value) else None for name, value in metrics.items()}
        wrong = {name: int(value is None) for name, value in finite.items()}
        self.rows.append(dict(first=step, last=step, count=1, seconds=seconds, latest=dict(metrics),
                              min=finite, max=dict(finite), mean=dict(finite), wrong=wrong))
        if len(self.rows) > self.most:
            pairs = [self.rows[at:at + 2] for at in range(0, len(self.rows), 2)]
            self.rows = [self.merged(*pair) if len(pair) == 2 else pair[0] for pair in pairs]

    @staticmethod
    def merged(a, b):
        def each(join):
            return {name: join(name) for name in b["latest"]}

        def known(table, name):
            return [row[table][name] for row in (a, b) if row[table].get(name) is not None]

        def mean(name):
            parts = [(row["mean"].get(name), row["count"] - row["wrong"].get(name, 0)) for row in (a, b)]
            parts = [(value, count) for value, count in parts if value is not None]
            return sum(value * count for value, count in parts) / sum(count for _, count in parts) if parts else None

        return dict(first=a["first"], last=b["last"], count=a["count"] + b["count"], seconds=b["seconds"],
                    latest=b["latest"], mean=each(mean), min=each(lambda name: min(known("min", name), default=None)),
                    max=each(lambda name: max(known("max", name), default=None)),
                    wrong=each(lambda name: a["wrong"].get(name, 0) + b["wrong"].get(name, 0)))

    def lines(self):
        """The rows as lines of the protocol: those that are of one step, and those that are of several."""
        def columns(rows, table):
            names = sorted({name for row in rows for name in row[table]})
            return {name: [plain(row[table].get(name)) for row in rows] for name in names}

        runs = []
        for row in self.rows:
            if not runs or (runs[-1][0]["count"] == 1) != (row["count"] == 1):
                runs.append([])
            runs[-1].append(row)
        for rows in runs:
            seconds = [row["seconds"] for row in rows]
            if rows[0]["count"] == 1:
                yield {"steps": {"step": [row["last"] for row in rows], "seconds": seconds,
                                 "metrics": columns(rows, "latest")}}
            else:
                yield {"merged": {"seconds": seconds, "non_finite": {
                    name: [row["wrong"].get(name, 0) for row in rows] for name in rows[-1]["wrong"]},
                    **{table: columns(rows, table) for table in ("min", "max", "mean", "latest")},
                    **{column: [row[column] for row in rows] for column in ("first", "last", "count")}}}


class Reporter:
    """Reports a run to gantop and obeys it.

    `settings` are those of the protocol, and the training loop reads them at every step: the dashboard changes them.
    `keys` are the keys that may be set, each with a function that says whether a value will do. `shape` is that of a
    sample, `config` what is known of gantop's config, and `snapshot(step, samples)` gives a snapshot, if there are any.
    """

    def __init__(self, path, run, settings, keys, shape, config=None, device="cpu", snapshot=None):
        self.path, self.run, self.settings, self.keys, self.snapshot = path, run, settings, keys, snapshot
        self.started = {"config": {"name": run, **(config or {})}, "device": device, "shape": shape}
        self.begun, self.rested = time.monotonic(), 0.0
        self.step, self.paused, self.owed, self.stopped = 0, False, None, False
        self.past, self.unsent, self.said = Spans(), Spans(), []
        self.orders, self.changed, self.connected = queue.Queue(64), threading.Condition(), False
        self.last_word = None
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    # For the training loop.

    def record(self, step, metrics):
        """Tells of a step that is done."""
        self.step = step
        with self.changed:
            for spans in (self.past, self.unsent):
                spans.add(step, time.monotonic() - self.begun - self.rested, metrics)
        if self.owed:
            self.owed -= 1
            if self.owed == 0:
                self._pause(True)

    def goes_on(self):
        """Obeys what was asked since the last step, and waits while the run is paused. False: it is to stop."""
        since = time.monotonic()
        while not self.stopped:
            try:
                order = self.orders.get(timeout=0.1) if self.paused else self.orders.get_nowait()
            except queue.Empty:
                if self.paused:
                    continue
                break
            waited, since = time.monotonic() - since, time.monotonic()
            self.rested += waited
            self._obey(*order)
        self.rested += time.monotonic() - since
        return not self.stopped

    def end(self, why=None):
        """Says the last word: that the run is over, or why it broke. A dashboard gets a moment to hear it."""
        finished = {"steps": self.step, "seconds": time.monotonic() - self.begun - self.rested, "metrics": None,
                    "stopped": self.stopped, "device": self.started["device"], "threads": 0}
        with self.changed:
            self.last_word = {"failed": {"why": why}} if why else {"finished": finished}
            self.changed.notify_all()
        if self.connected:
            self.thread.join(timeout=2)

    # Orders.

    def _obey(self, number, order, argument):
        if order in ("pause", "resume"):
            self.owed = None
            self._pause(order == "pause", number)
        elif order == "advance":
            self.owed = argument + (self.owed or 0)
            self._pause(False, number)
        elif order == "set":
            self._set(number, argument)
        elif order == "stop":
            self.stopped = True
            self._say({"answer": {"id": number, "events": [{"step": self.step, "kind": "ended", "outcome": "stopped"}]}})
        elif order == "snapshot" and self.snapshot:
            self._say({"snapshot": self.snapshot(self.step, argument["samples"])}, {"answer": {"id": number}})
        else:
            self._refuse(number, f"{self.run} does not know `{order}`")

    def _pause(self, paused, number=None):
        self.paused = paused
        self._event(number, {"kind": "state", "state": "paused" if paused else "running"})

    def _set(self, number, wanted):
        for key, value in wanted.items():
            if key not in self.keys:
                return self._refuse(number, f"{key}: {self.run} can set {', '.join(self.keys)}")
            if not self.keys[key](value):
                return self._refuse(number, f"{key}={value}: out of range")
        for key, value in wanted.items():
            *table, name = KEYS[key]
            holder = self.settings[table[0]] if table else self.settings
            old, holder[name] = holder[name], value
            self._event(number, {"kind": "applied", "what": key, "old": str(old), "new": str(value), "who": "person",
                                 "settings": json.loads(json.dumps(self.settings))})

    def _event(self, number, event):
        event = {"step": self.step, **event}
        answer = [] if number is None else [{"answer": {"id": number, "events": [event]}}]
        self._say({"event": event}, *answer)

    def _refuse(self, number, why):
        self._say({"answer": {"id": number, "refused": why}})

    def _say(self, *lines):
        with self.changed:
            if self.connected:
                self.said.extend(lines)
                self.changed.notify_all()

    # The thread that speaks.

    def _serve(self):
        silent = False
        while self.last_word is None:
            connection = socket.socket(socket.AF_UNIX)
            try:
                connection.settimeout(5)
                connection.connect(self.path)
                self._talk(connection)
                silent = False
                print("report: the dashboard has left; training goes on", file=sys.stderr)
            except (OSError, ValueError) as error:
                if not silent:
                    silent = True
                    print(f"report: nobody listens at {self.path} ({error}); training goes on, and is shown as soon as "
                          f"somebody does: gantop attach --listen {self.path}", file=sys.stderr)
            finally:
                connection.close()
            with self.changed:
                self.connected = False
                self.changed.wait_for(lambda: self.last_word is not None, timeout=1)

    def _talk(self, connection):
        commands = ["pause", "resume", "advance", "set", "stop"] + ["snapshot"] * (self.snapshot is not None)
        send(connection, {"hello": {"version": 1, "program": "report.py 1", "run": self.run, "commands": commands,
                                    "keys": list(self.keys)}})
        lines = connection.makefile("r", encoding="utf-8")
        hello = json.loads(lines.readline() or '{"refused": "it says nothing"}')
        if hello.get("hello", {}).get("version") != 1:
            raise ValueError(f"no gantop that speaks version 1: {hello}")
        # From here on a slow dashboard is waited for, by this thread alone.
        connection.settimeout(None)
        with self.changed:
            first = [{"started": {**self.started, "settings": json.loads(json.dumps(self.settings))}}]
            first += self.past.lines()
            if self.paused:
                first.append({"event": {"step": self.step, "kind": "state", "state": "paused"}})
            self.unsent, self.said, self.connected = Spans(), [], True
            while not self.orders.empty():
                self.orders.get_nowait()
        threading.Thread(target=self._listen, args=(lines,), daemon=True).start()
        try:
            self._speak(connection, first)
        except (BrokenPipeError, ConnectionResetError):
            # It has left, and the end of what it says has not been read yet.
            pass

    def _speak(self, connection, first):
        while self.connected:
            for line in first:
                send(connection, line)
            with self.changed:
                over = self.last_word
                if not over:
                    self.changed.wait_for(lambda: self.said or self.last_word or not self.connected, timeout=0.1)
                unsent, said = self.unsent, self.said
                self.unsent, self.said = Spans(), []
            # Training does not wait for this.
            first = list(unsent.lines()) + said
            if over:
                for line in first + [over]:
                    send(connection, line)
                return

    def _listen(self, lines):
        try:
            for line in lines:
                command = json.loads(line).get("command")
                if command:
                    order = command["do"]
                    name, argument = (order, None) if isinstance(order, str) else next(iter(order.items()))
                    try:
                        self.orders.put_nowait((command["id"], name, argument))
                    except queue.Full:
                        self._refuse(command["id"], "too many commands wait")
        except (OSError, ValueError):
            pass
        with self.changed:
            self.connected = False
            self.changed.notify_all()


def send(connection, line):
    connection.sendall(json.dumps(line, allow_nan=False).encode() + b"\n")


# From here on: a GAN. The data are normal, the generator is mu + sigma z, and the critic a x + b x^2 with its weights
# clipped, which is a Wasserstein GAN for the first two moments; the gradients are written out by hand.

DATA = (2.0, 0.5)


class Gan:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.generator = [0.0, 1.0]
        self.critic = [0.0, 0.0]

    def real(self, count, source):
        return [source.gauss(*DATA) for _ in range(count)]

    def fake(self, noise):
        mu, sigma = self.generator
        return [mu + sigma * z for z in noise]

    def value(self, x):
        return self.critic[0] * x + self.critic[1] * x * x

    def train(self, settings, batch=64):
        """One step: the critic's updates, then the generator's. Gives its metrics."""
        clip = settings["constraint"]["clip"]
        for _ in range(settings["critic_steps"]):
            real = self.real(batch, self.random)
            fake = self.fake([self.random.gauss(0, 1) for _ in range(batch)])
            slope = [sum(x ** k for x in real) / batch - sum(x ** k for x in fake) / batch for k in (1, 2)]
            for k in range(2):
                moved = self.critic[k] + settings["critic_lr"] * slope[k]
                self.critic[k] = max(-clip, min(clip, moved))
        noise = [self.random.gauss(0, 1) for _ in range(batch)]
        fake = self.fake(noise)
        slopes = [self.critic[0] + 2 * self.critic[1] * x for x in fake]
        down = [-sum(slopes) / batch, -sum(s * z for s, z in zip(slopes, noise)) / batch]
        for k in range(2):
            self.generator[k] -= settings["generator_lr"] * down[k]
        on_real = sum(map(self.value, real)) / batch
        on_fake = sum(map(self.value, fake)) / batch
        return {"critic_loss": on_fake - on_real, "generator_loss": -on_fake, "bound": on_real - on_fake,
                "critic_real": on_real, "critic_fake": on_fake, "score_real": on_real, "score_fake": on_fake,
                "critic_grad_norm": math.hypot(*slope), "generator_grad_norm": math.hypot(*down),
                "clip_share": sum(abs(w) >= clip for w in self.critic) / 2,
                "critic_lr": settings["critic_lr"], "generator_lr": settings["generator_lr"], "penalty": 0.0}

    def snapshot(self, step, samples):
        """Samples for the dashboard, of random numbers of their own: watching changes nothing."""
        source = random.Random(step)
        real = self.real(samples, source)
        fake = self.fake([source.gauss(0, 1) for _ in range(samples)])
        return {"step": step, "shape": {"point": {"dims": 1}}, "real": real, "fake": fake,
                "critic": histogram("critic value", list(map(self.value, real)), list(map(self.value, fake))),
                "values": [histogram("x", real, fake)]}


def histogram(label, real, fake, bins=40):
    low, high = min(real + fake, default=0.0), max(real + fake, default=1.0)
    high = high if high > low else low + 1.0
    counts = [[0] * bins, [0] * bins]
    for at, values in enumerate((real, fake)):
        for value in values:
            counts[at][min(int((value - low) / (high - low) * bins), bins - 1)] += 1
    return {"label": label, "low": low, "high": high, "real": counts[0], "fake": counts[1], "outside": [0, 0]}


def main():
    parser = argparse.ArgumentParser(description="Trains a small GAN and reports to gantop attach --listen PATH.")
    parser.add_argument("path", help="the socket where gantop listens")
    parser.add_argument("--steps", type=int, default=20000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    settings = {"objective": {"kind": "wgan"}, "constraint": {"kind": "clip", "clip": 0.1},
                "generator_lr": 0.01, "critic_lr": 0.01, "critic_steps": 5}

    def rate(value):
        return 0 < value <= 1

    keys = {"constraint.clip": lambda value: 0 < value <= 10, "optimizer.generator.lr": rate,
            "optimizer.critic.lr": rate}
    gan = Gan(args.seed)
    reporter = Reporter(args.path, "toy", settings, keys, {"point": {"dims": 1}},
                        config={"steps": args.steps, "seed": args.seed}, snapshot=gan.snapshot)
    step = 0
    try:
        while step < args.steps and reporter.goes_on():
            metrics = gan.train(settings)
            step += 1
            reporter.record(step, metrics)
    except Exception as error:
        reporter.end(f"{type(error).__name__}: {error}")
        raise
    reporter.end()
    print(f"{step} steps: mean {gan.generator[0]:.4f} (data {DATA[0]}), deviation {abs(gan.generator[1]):.4f} "
          f"(data {DATA[1]})")


if __name__ == "__main__":
    main()
