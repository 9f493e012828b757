#!/usr/bin/env python3
"""Compares gantop's steps with those of PyTorch, the same GAN on the same libtorch version.

    benches/pytorch/compare.py                     all workloads
    benches/pytorch/compare.py wgan gan            these
    benches/pytorch/compare.py --repeats 15 --seconds 1

It makes a virtual environment under target/ when there is none (PyTorch's wheels, 4.7 GB on disk), builds gantop's side,
checks that both compute the same losses from the same weights and random numbers, and then times both in turns:
every way of training is a process that waits, pinned to its processors; a round has each do about the same seconds of
steps, the order reversed from round to round. What is printed are medians over the rounds, their ranges, and medians of
the ratios to eager PyTorch on one thread within a round.
"""

import argparse
import json
import os
import random
import statistics
import struct
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
VENV = ROOT / "target" / "pytorch"
WORKLOADS = ("wgan", "gan", "toy", "toy-penalty", "mnist")
# The name of a way; whose side it is; its arguments; its threads.
WAYS = (
    ("eager PyTorch", "python", "eager", 1),
    ("eager PyTorch", "python", "eager", 2),
    ("tuned PyTorch", "python", "tuned", 1),
    ("tuned PyTorch", "python", "tuned", 2),
    ("compiled PyTorch", "python", "compiled", 1),
    ("compiled PyTorch", "python", "compiled", 2),
    ("plain tch", "plain", "", 1),
    ("gantop, autograd", "steps", "autograd", 1),
    ("gantop", "steps", "auto", 1),
    ("gantop", "steps", "auto", 2),
    ("its matrix products alone", "floor", "", 1),
)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workloads", nargs="*", choices=[*WORKLOADS, []], default=[])
    parser.add_argument("--repeats", type=int, default=11, help="rounds (default 11)")
    parser.add_argument("--seconds", type=float, default=0.5, help="about how long one way goes on in a round")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="passed to gantop")
    parser.add_argument("--only", help="the ways whose names have this in them, and eager PyTorch")
    options = parser.parse_args()
    python, worker = environment(), build()
    with tempfile.TemporaryDirectory() as folder:
        pixels = noise_images(Path(folder))
        for name in options.workloads or WORKLOADS:
            compare(name, python, worker, pixels, options)


def environment():
    """The Python of the virtual environment, made if need be."""
    python = VENV / "bin" / "python"
    if not python.exists():
        print("making %s" % VENV, file=sys.stderr)
        venv.create(VENV, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "-r", HERE / "requirements.txt"], check=True)
    return str(python)


def build():
    """gantop's side, built as a benchmark is."""
    command = ["cargo", "bench", "--no-run", "--bench", "pytorch", "--message-format=json"]
    messages = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    for line in messages.splitlines():
        message = json.loads(line)
        if message.get("target", {}).get("name") == "pytorch" and message.get("executable"):
            return message["executable"]
    sys.exit("cargo built no worker")


def noise_images(folder):
    """A file of images of noise, which are as much work as any."""
    path = folder / "noise-idx3-ubyte"
    path.write_bytes(struct.pack(">IIII", 0x803, 1000, 28, 28) + random.Random(1).randbytes(1000 * 784))
    return path


class Side:
    """A process that does so many steps when asked. What it says on its standard error goes to `errors`, or is shown;
    `started` hears of the process before it is ready."""

    def __init__(self, name, command, threads, environment, errors=None, started=lambda process: None):
        self.name, self.threads = name, threads
        processors = sorted(os.sched_getaffinity(0))
        chosen = set(processors[:threads])
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL if "compiled" in name else errors,
            text=True,
            env={**os.environ, **environment},
            preexec_fn=lambda: os.sched_setaffinity(0, chosen),
        )
        started(self.process)
        self.how = self.process.stdout.readline().strip()
        self.rates = []

    def seconds(self, steps):
        self.process.stdin.write("%d\n" % steps)
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError("%s ended" % self.name)
        return float(answer)

    def warm_up(self, seconds):
        """Finds how many steps take about so long."""
        steps, took = 2, self.seconds(2)
        while took < seconds / 2 and steps < 1 << 20:
            steps *= 2
            took = self.seconds(steps)
        self.steps = max(1, round(steps * seconds / took))

    def round(self):
        self.rates.append(self.steps / self.seconds(self.steps))

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def command(side, argument, threads, name, python, worker, pixels, sets, device="cpu"):
    config = str(HERE / (name + ".toml"))
    images = name == "mnist"
    if side == "python":
        further = ["--pixels", str(pixels)] if images else []
        further += ["--threads", str(threads), "--device", device]
        return [python, str(HERE / "gan.py"), config, "--way", argument, *further]
    sets = list(sets) + ["device='%s'" % device, "threads=%d" % threads]
    sets += ["data.path='%s'" % pixels] if images else []
    sets += ["engine='%s'" % argument] if side == "steps" else []
    return [worker, side, config, *sets]


def check(name, python, worker, pixels, sets):
    """Compares the losses of both sides from the same weights and random numbers."""
    with tempfile.TemporaryDirectory() as folder:
        prepare = command("steps", "auto", 1, name, python, worker, pixels, sets)[2:]
        subprocess.run([worker, "prepare", prepare[0], folder, "10", *prepare[1:]], check=True)
        mine = json.loads(Path(folder, "losses.json").read_text())
        theirs = command("python", "eager", 1, name, python, worker, pixels, sets) + ["--losses", folder]
        runs = json.loads(subprocess.run(theirs, check=True, stdout=subprocess.PIPE, text=True).stdout)
    plain, shaken = runs[0], runs[1:]

    def apart(a, b, steps):
        return max(abs(x - y) for one, two in zip(a[:steps], b[:steps]) for x, y in zip(one, two))

    first, ten = apart(mine, plain, 1), apart(mine, plain, 10)
    own = max(apart(run, plain, 10) for run in shaken)
    print("losses apart: first step %.1e (limit 1e-5), ten steps %.1e (PyTorch from itself, weights moved by a" % (first, ten))
    print("rounding: %.1e)" % own)
    if first > 1e-5 or ten > 5 * own + 1e-5:
        sys.exit("%s: the two sides do not compute the same" % name)


def compare(name, python, worker, pixels, options):
    title = (HERE / (name + ".toml")).read_text().splitlines()[0].lstrip("# ")
    print("\n%s (%s.toml)" % (title, name), flush=True)
    check(name, python, worker, pixels, options.set)
    sides = []
    for label, side, argument, threads in WAYS:
        if (name, side) == ("toy-penalty", "floor") or threads > len(os.sched_getaffinity(0)):
            continue
        if options.only and options.only not in label and (label, threads) != ("eager PyTorch", 1):
            continue
        line = command(side, argument, threads, name, python, worker, pixels, options.set)
        # PyTorch sets its threads itself; what its libraries take from the environment must agree.
        sides.append(Side(label, line, threads, {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}))
    for side in list(sides):
        try:
            side.warm_up(options.seconds)
        except RuntimeError as why:
            print("left out: %s" % why)
            sides.remove(side)
    for turn in range(options.repeats):
        for side in sides if turn % 2 == 0 else reversed(sides):
            side.round()
    base = sides[0].rates
    print("| way | threads | steps a second (least to most) | to eager PyTorch |\n|---|---|---|---|")
    for side in sides:
        ratio = statistics.median(rate / first for rate, first in zip(side.rates, base))
        spread = "%.0f (%.0f to %.0f)" % (statistics.median(side.rates), min(side.rates), max(side.rates))
        how = " (%s)" % side.how if side.name.startswith("gantop") or side.name.startswith("its") else ""
        print("| %s%s | %d | %s | %.2f |" % (side.name, how, side.threads, spread, ratio), flush=True)
        side.end()


if __name__ == "__main__":
    main()
