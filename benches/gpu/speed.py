"""Steps a second of gantop and of PyTorch in turns, and what the dashboard takes."""

import concurrent.futures
import fcntl
import os
import pty
import shutil
import statistics
import struct
import subprocess
import tempfile
import termios
import threading
import time

import compare
from tools import Alarm, Missing, read_rows

# The name of a way; whose side it is; its argument; whether on the device.
WAYS = (
    ("eager PyTorch", "python", "eager", True),
    ("tuned PyTorch", "python", "tuned", True),
    ("PyTorch with CUDA graphs", "python", "graphed", True),
    ("gantop, explicit", "steps", "explicit", True),
    ("gantop, autograd", "steps", "autograd", True),
    ("gantop, explicit", "steps", "explicit", False),
)
# Rows of the goal that gantop cannot do yet.
LATER = ("gantop with CUDA graphs", "DCGAN 32 and 64", "SN-ResNet", "NCCL with one rank")


def ways():
    """The ways, each with its threads: those on the device have a few processors for what the host does."""
    cores = len(os.sched_getaffinity(0))
    for name, side, argument, on_device in WAYS:
        if on_device:
            yield name, side, argument, True, 1
        else:
            for threads in sorted({1, min(2, cores), min(8, cores)}):
                yield name, side, argument, False, threads


def steps_a_second(context, part):
    names = compare.WORKLOADS[:1] if context.dry else compare.WORKLOADS
    whole = context.until
    for number, name in enumerate(names):
        # What one workload leaves of its share goes to those after it.
        context.until = time.monotonic() + (whole - time.monotonic()) / (len(names) - number)
        workload(context, part, name)
    context.until = whole
    for what in LATER:
        part.add(what, None, "not there yet")


def workload(context, part, name):
    sides, why, count = begin(context, name)
    for label, reason in why:
        part.add("%s: %s" % (name, label), None if reason.startswith("left out") else False, reason)
    if not sides:
        return
    seconds, rounds = (0.05, 1) if context.dry else (0.4, 9)
    with Alarm(context, [side.process for side in sides]) as alarm:

        def give_up(side, reason):
            """A side that broke, or had no time left."""
            words = "the time was over" if alarm.rang else "%s\n%s" % (reason, errors(side))
            part.add("%s: %s" % (name, side.name), None if alarm.rang else False, words)
            sides.remove(side)

        for side in list(sides):
            try:
                side.warm_up(seconds)
            except (RuntimeError, OSError, ValueError) as reason:
                give_up(side, reason)
        # What comes after the rounds takes about nine seconds.
        last = context.until - (0 if context.dry else 9)
        for turn in range(rounds):
            began = time.monotonic()
            for side in list(sides if turn % 2 == 0 else reversed(sides)):
                try:
                    side.round()
                except (RuntimeError, OSError, ValueError) as reason:
                    give_up(side, reason)
            if time.monotonic() + (time.monotonic() - began) > last:
                break
        use = {id(side): gpu_use(context, side) for side in sides if side.on_device and not context.dry}
    table(part, name, sides, use, count)
    for side in sides:
        end(side)


def begin(context, name):
    """The processes of all ways, started at once, and why some are not there."""
    images, why, wanted, processes = context.images(), [], [], []
    for label, side, argument, on_device, threads in ways():
        device = context.device if on_device else "cpu"
        if side == "python" and not context.has_torch:
            why.append((label, "left out: no PyTorch here"))
        elif side != "python" and not context.worker:
            why.append((label, "left out: no worker was given"))
        elif argument == "graphed" and context.device == "cpu":
            why.append((label, "left out: CUDA graphs need a CUDA device"))
        else:
            wanted.append((label, side, argument, on_device, threads, device))

    def start(way):
        label, side, argument, on_device, threads, device = way
        # gantop's worker calls its device cuda:0, as PyTorch does.
        line = compare.command(side, argument, threads, name, context.python, context.worker, images, [], device)
        given = dict(os.environ) if side == "python" else context.environment
        given = {**given, "OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
        log = tempfile.TemporaryFile("w+")
        began = compare.Side(label, line, max(threads, 4) if on_device else threads, given, log, processes.append)
        began.log, began.on_device, began.where, began.count = log, on_device, device, threads
        return began

    with Alarm(context, processes), concurrent.futures.ThreadPoolExecutor(len(wanted) + 1) as pool:
        # Beside the starts, so that it takes no time of its own and disturbs no measurement.
        count = pool.submit(launches, context, name)
        begun = list(pool.map(start, wanted))
    sides = []
    for side in begun:
        if side.how:
            sides.append(side)
        else:
            why.append((side.name, "it did not start\n" + errors(side)))
    return sides, why, count.result()


def errors(side):
    side.log.seek(0)
    return side.log.read()[-1500:].strip()


def end(side):
    try:
        side.process.stdin.close()
        side.process.wait(10)
    except (OSError, subprocess.TimeoutExpired):
        side.process.kill()
        side.process.wait()


def gpu_use(context, side, seconds=1.4):
    """The GPU's use in percent while a side works: the median of what nvidia-smi says, or why it says nothing."""
    if not shutil.which("nvidia-smi") or context.left() < 2 * seconds:
        return None
    steps = max(1, round(side.steps * seconds / 0.4))
    query = ["nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits", "-lms", "100"]
    smi = subprocess.Popen(query, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        side.seconds(steps)
    except (RuntimeError, OSError, ValueError):
        return None
    finally:
        smi.terminate()
        said = smi.communicate()[0].split()
    numbers = [float(word) for word in said if word.isdigit()]
    # The first ones are of the time before.
    return statistics.median(numbers[len(numbers) // 3 :]) if numbers else None


def launches(context, name):
    """Launches in a step of eager PyTorch, by its profiler; None where it cannot be told."""
    if context.device == "cpu" or not context.has_torch:
        return None
    line = compare.command("python", "eager", 1, name, context.python, None, context.images(), [], context.device)
    done = context.run([*line, "--launches"], 25)
    try:
        return float(done.out.split()[-1])
    except (ValueError, IndexError):
        return None


def table(part, name, sides, use, count):
    """A row a side: steps a second, their range, and the ratio to eager PyTorch within a round."""
    sides = [side for side in sides if side.rates]
    base = next((side.rates for side in sides if side.name == "eager PyTorch"), None)
    rows = []
    for side in sides:
        ratio = statistics.median(a / b for a, b in zip(side.rates, base)) if base else None
        rows.append(
            {
                "way": side.name,
                "how": side.how,
                "device": side.where,
                "threads": side.count,
                "steps a second": statistics.median(side.rates),
                "least": min(side.rates),
                "most": max(side.rates),
                "rounds": len(side.rates),
                "to eager PyTorch": ratio,
                "GPU use %": use.get(id(side)),
                "launches a step": count if side.name == "eager PyTorch" else None,
            }
        )
        said = (name, side.name, side.where, side.count, rows[-1]["steps a second"])
        print("  %-12s %-26s %-7s %d threads %10.1f steps/s" % said, flush=True)
    title = (compare.HERE / (name + ".toml")).read_text().splitlines()[0].lstrip("# ")
    part.tables.append({"title": "%s (%s.toml)" % (title, name), "rows": rows})


def dashboard(context, part):
    """A run with the dashboard in a pseudo-terminal and one without, in turns."""
    context.need_gantop()
    steps, turns = (30, 1) if context.dry else (1500, 3)
    rates = {"headless": [], "dashboard": []}
    for turn in range(turns):
        for kind in ("headless", "dashboard") if turn % 2 == 0 else ("dashboard", "headless"):
            run = headless if kind == "headless" else in_terminal
            rates[kind].append(run(context, "%s-%d" % (kind, turn), steps))
    medians = {kind: statistics.median(found) for kind, found in rates.items()}
    ratio = statistics.median(a / b for a, b in zip(rates["dashboard"], rates["headless"]))
    words = "%.1f steps/s with the dashboard, %.1f without; the median of %d turns: the dashboard takes %.1f %%"
    part.add("ring, %d steps" % steps, None, words % (medians["dashboard"], medians["headless"], turns, 100 * (1 - ratio)))
    rows = [{"way": kind, "steps a second": ", ".join("%.1f" % rate for rate in found)} for kind, found in rates.items()]
    part.tables.append({"title": "Turn by turn", "rows": rows})


def rate(directory):
    """Steps a second from a quarter of the run on."""
    rows = list(read_rows(directory))
    if len(rows) < 8:
        raise RuntimeError("only %d steps were recorded in %s" % (len(rows), directory.name))
    first, last = rows[len(rows) // 4], rows[-1]
    return (last["step"] - first["step"]) / max(1e-9, last["seconds"] - first["seconds"])


def headless(context, name, steps):
    run = context.train(name, "ring", [], steps)
    if run.done.code != 0:
        raise RuntimeError(run.done.words())
    return rate(run.directory)


def in_terminal(context, name, steps):
    directory = context.place / name
    command = [context.gantop, "train", "ring", "--device", context.device, "--steps", str(steps), "--run-dir", str(directory)]
    try:
        ours, theirs = pty.openpty()
    except OSError as why:
        raise Missing("no pseudo-terminal: %s" % why) from why
    fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    given = {**context.environment, "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=given, start_new_session=True)
    os.close(theirs)
    screen = bytearray()

    def read():
        try:
            while data := os.read(ours, 1 << 16):
                screen.extend(data)
                del screen[:-4000]
        except OSError:
            pass

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        until = min(context.until, time.monotonic() + 60)
        while time.monotonic() < until and process.poll() is None:
            rows = list(read_rows(directory))
            if rows and rows[-1]["step"] >= steps:
                break
            time.sleep(0.2)
        return rate(directory)
    except RuntimeError as why:
        raise RuntimeError("%s; the end of the screen: %r" % (why, bytes(screen[-600:]))) from why
    finally:
        process.kill()
        process.wait()
        os.close(ours)
