"""What the parts of scripts/gpu-check share: starting programs within a time, reading runs, and what was found."""

import csv
import dataclasses
import importlib.util
import json
import os
import pathlib
import signal
import struct
import subprocess
import threading
import time


class Missing(Exception):
    """Something that a part needs is not there: the part is left out, which is no failure."""


@dataclasses.dataclass
class Row:
    """One thing that was looked at. `passed` is None where it is told and not judged."""

    what: str
    passed: bool | None
    found: str


@dataclasses.dataclass
class Part:
    """One part of the report."""

    title: str
    rows: list = dataclasses.field(default_factory=list)
    tables: list = dataclasses.field(default_factory=list)
    left_out: str = ""
    failure: str = ""
    seconds: float = 0.0

    def add(self, what, passed, found):
        self.rows.append(Row(what, passed, found))
        mark = {True: "ok", False: "FAILED", None: "--"}[passed]
        print("  %-6s %s: %s" % (mark, what, found.splitlines()[0] if found else ""), flush=True)

    def failed(self):
        return bool(self.failure) or any(row.passed is False for row in self.rows)


@dataclasses.dataclass
class Context:
    """What a part works with."""

    gantop: str | None
    worker: str | None
    python: str
    has_torch: bool
    device: str
    dry: bool
    place: pathlib.Path
    environment: dict
    # How gantop came to start.
    how: str = ""
    # When the part in hand must have ended, by time.monotonic().
    until: float = 0.0

    def left(self):
        return self.until - time.monotonic()

    def need_gantop(self):
        if not self.gantop:
            raise Missing("no gantop was given")

    def run(self, args, most=60.0):
        """How a program ended, and what it said. One that takes longer than the part has is killed, and code 124 says so."""
        most = max(1.0, min(most, self.left()))
        with subprocess.Popen(
            args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.environment
        ) as process:
            try:
                out, err = process.communicate(timeout=most)
            except subprocess.TimeoutExpired:
                process.kill()
                out, err = process.communicate()
                return Done(124, out, err + "\nkilled after %.0f s" % most)
        return Done(process.returncode, out, err)

    def train(self, name, config, sets=(), steps=10, device=None):
        """A headless run into a directory of that name."""
        directory = self.place / name
        args = [self.gantop, "train", config, "--headless", "--run-dir", str(directory)]
        args += ["--steps", str(steps), "--device", device or self.device]
        for text in sets:
            args += ["--set", text]
        return Run(directory, self.run(args))

    def resume(self, directory, steps, device):
        """A recorded run taken up again, up to that step."""
        args = [self.gantop, "train", "--headless", "--resume", str(directory), "--steps", str(steps)]
        return Run(directory, self.run([*args, "--device", device]))

    def images(self):
        """A file of images for the presets that need one."""
        path = self.place / "noise-idx3-ubyte"
        if not path.exists():
            import compare

            compare.noise_images(self.place)
        return path


@dataclasses.dataclass
class Done:
    code: int
    out: str
    err: str

    def words(self):
        """The end of what it said, for a report."""
        return "exit code %d\n%s" % (self.code, (self.out[-1500:] + "\n" + self.err[-1500:]).strip())


class Run:
    """A run directory, and how its program ended."""

    def __init__(self, directory, done):
        self.directory, self.done = directory, done

    def rows(self):
        """The rows of metrics.csv, as numbers by their names."""
        return list(read_rows(self.directory))

    def text(self):
        """metrics.csv without the column of seconds."""
        with open(self.directory / "metrics.csv", newline="") as file:
            rows = list(csv.reader(file))
        kept = [i for i, name in enumerate(rows[0]) if name != "seconds"]
        return [[row[i] for i in kept] for row in rows]

    def summary(self):
        return json.loads((self.directory / "summary.json").read_text())

    def said(self, kind):
        """The last object of that kind on standard output."""
        found = None
        for line in self.done.out.splitlines():
            if line.startswith("{") and json.loads(line).get("kind") == kind:
                found = json.loads(line)
        return found

    def checkpoints(self):
        return sorted(self.directory.glob("checkpoints/*.safetensors"))


def read_rows(directory):
    """The whole rows of a metrics.csv that may still be written."""
    try:
        text = (directory / "metrics.csv").read_text()
    except OSError:
        return
    whole = text[: text.rfind("\n") + 1].splitlines()
    for row in csv.DictReader(whole):
        yield {name: float(value) for name, value in row.items()}


def unsound(path):
    """The names of the tensors of a checkpoint that hold a number that is not finite."""
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    bad = []
    for name, tensor in header.items():
        if name == "__metadata__" or tensor["dtype"] != "F32":
            continue
        first, last = tensor["data_offsets"]
        words = struct.unpack("<%dI" % ((last - first) // 4), data[8 + length + first : 8 + length + last])
        if any(word & 0x7F800000 == 0x7F800000 for word in words):
            bad.append(name)
    return bad


def library_folders():
    """PyTorch's folder of libraries and those of the packages it needs, found without importing it."""
    spec = importlib.util.find_spec("torch")
    if spec is None or not spec.origin:
        return []
    torch = pathlib.Path(spec.origin).parent
    nvidia = sorted({str(path.parent) for path in torch.parent.glob("nvidia/**/*.so*")})
    return [str(torch / "lib"), *nvidia]


def environment(gantop, python_path):
    """The environment in which gantop starts, and what was done for it."""
    plain = dict(os.environ)
    plain.pop("RUST_BACKTRACE", None)
    # Nobody's own settings.
    plain["XDG_CONFIG_HOME"] = str(python_path)
    if not gantop:
        return plain, "no gantop was given"

    def starts(environment):
        try:
            return subprocess.run([gantop, "--version"], env=environment, capture_output=True, timeout=90).returncode == 0
        except (OSError, subprocess.TimeoutExpired):
            return False

    if starts(plain):
        return plain, "gantop starts as it is"
    folders = library_folders()
    further = {**plain, "LD_LIBRARY_PATH": ":".join([*folders, plain.get("LD_LIBRARY_PATH", "")]).rstrip(":")}
    if folders and starts(further):
        return further, "gantop did not start by itself; it does with LD_LIBRARY_PATH=%s" % further["LD_LIBRARY_PATH"]
    return further, "gantop does not start, with PyTorch's %d folders of libraries neither" % len(folders)


class Alarm:
    """Kills processes when the time of a part is over, so that whoever reads from them goes on."""

    def __init__(self, context, processes):
        self.processes = processes
        self.rang = False
        self.timer = threading.Timer(max(0.1, context.left()), self.ring)

    def ring(self):
        self.rang = True
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)

    def __enter__(self):
        self.timer.start()
        return self

    def __exit__(self, *_):
        self.timer.cancel()


def python_has_torch():
    return importlib.util.find_spec("torch") is not None


def apart(a, b, names, scale=()):
    """The largest difference of two rows in these columns, relative to the largest of them and of those in `scale`."""
    most = 0.0
    for name in names:
        size = max([abs(row[other]) for row in (a, b) for other in (name, *scale)] + [1e-6])
        most = max(most, abs(a[name] - b[name]) / size)
    return most

