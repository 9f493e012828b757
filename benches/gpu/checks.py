"""What must hold on a device: the same losses as on the CPU, the guard, checkpoints, orders, and what is only told."""

import concurrent.futures
import os
import shutil
import signal
import subprocess
import time

from tools import apart, read_rows, unsound

SGD = "optimizer.critic={kind='sgd',lr=5e-3}"
# Preset and what is set on it, by a name for the line.
CASES = {
    "ring, explicit": ("ring", ["engine=explicit"]),
    "ring, autograd": ("ring", ["engine=autograd"]),
    "ring-gan, explicit": ("ring-gan", ["engine=explicit"]),
    "ring-gan, autograd": ("ring-gan", ["engine=autograd"]),
    "ring-hinge, spectral norm": ("ring-hinge", ["constraint={kind='spectral-norm'}"]),
    "grid-wgan-gp, explicit": ("grid-wgan-gp", ["engine=explicit"]),
    "grid-wgan-gp, autograd": ("grid-wgan-gp", ["engine=autograd"]),
    "fgan-univariate": ("fgan-univariate", []),
    "batch norm": ("ring-gan", ["generator.norm=batch", "critic.norm=batch"]),
    "r1": ("ring-gan", ["constraint={kind='r1',gamma=0.5}", "critic.activation=tanh"]),
    "maxout": ("ring-gan", ["critic.activation=maxout", "critic.pieces=3"]),
    "sgd with momentum": ("ring", ["optimizer.generator={kind='sgd',lr=1e-3,momentum=0.5}"]),
    "mnist-wgan": ("mnist-wgan", []),
    # RMSProp and Adam make steps of what rounding leaves where a gradient cancels; SGD does not. A difference that is in the
    # case above and not in the one here is such a residue.
    "ring, autograd, sgd": ("ring", ["engine=autograd", SGD]),
    "ring-hinge, spectral norm, sgd": ("ring-hinge", ["constraint={kind='spectral-norm'}", SGD]),
    "grid-wgan-gp, autograd, sgd": ("grid-wgan-gp", ["engine=autograd", SGD]),
}
FEW = ("ring, explicit", "grid-wgan-gp, autograd", "mnist-wgan")
LOSSES = ("critic_loss", "generator_loss")
# A loss is a difference of these: rounding is as large as they make it.
SIZES = ("score_real", "score_fake")
LIMIT = 1e-4


def same_losses(context, part):
    """The first steps on the device and on the CPU, from the same seed."""
    context.need_gantop()
    steps = 2 if context.dry else 10
    names = FEW if context.dry else CASES
    images = context.images()

    def both(number, name):
        config, sets = CASES[name]
        sets = [*sets, "threads=1", *(["data.path='%s'" % images] if config == "mnist-wgan" else [])]
        runs = [
            context.train("same-%d-%s" % (number, kind), config, sets, steps, device)
            for kind, device in (("cpu", "cpu"), ("device", context.device))
        ]
        return name, runs

    with concurrent.futures.ThreadPoolExecutor(max(2, min(6, (os.cpu_count() or 2) // 2))) as pool:
        found = list(pool.map(both, range(len(names)), names))
    for name, runs in found:
        broken = [run.done.words() for run in runs if run.done.code != 0]
        if broken:
            part.add(name, False, "\n".join(broken))
            continue
        (ours, theirs) = (run.rows() for run in runs)
        first = apart(ours[0], theirs[0], LOSSES, SIZES)
        norms = apart(ours[0], theirs[0], ("critic_grad_norm", "generator_grad_norm"))
        last = apart(ours[-1], theirs[-1], LOSSES, SIZES)
        words = "losses apart %.1e after 1 step (limit %.0e), %.1e after %d; gradients' norms %.1e after 1"
        part.add(name, first <= LIMIT, words % (first, LIMIT, last, steps, norms))


def long_run(context, part):
    """The default preset, for long enough to learn the ring; and the same run twice."""
    context.need_gantop()
    steps = 30 if context.dry else 2000
    run = context.train("long", "ring", [], steps)
    if run.done.code != 0:
        part.add("ring for %d steps" % steps, False, run.done.words())
        return
    coverage = (run.said("summary") or {}).get("coverage") or {}
    rows = run.rows()
    half = rows[len(rows) // 2]
    rate = (rows[-1]["step"] - half["step"]) / max(1e-9, rows[-1]["seconds"] - half["seconds"])
    covered, modes = coverage.get("covered"), coverage.get("modes")
    words = "%s of %s modes covered, %.1f %% of the samples good, %.0f steps/s over the second half"
    passed = None if context.dry else covered == modes
    part.add("ring for %d steps" % steps, passed, words % (covered, modes, 100 * coverage.get("good_share", 0), rate))
    for engine in ("explicit", "autograd"):
        few = 10 if context.dry else 200
        runs = [context.train("twice-%s-%d" % (engine, i), "ring", ["engine=" + engine], few) for i in (1, 2)]
        if any(run.done.code != 0 for run in runs):
            part.add("the same run twice, %s" % engine, False, "\n".join(run.done.words() for run in runs))
            continue
        first, second = (run.text() for run in runs)
        differing = [a[0] for a, b in zip(first, second) if a != b]
        words = "metrics.csv the same to the byte over %d steps" % few
        words = words if not differing else "metrics.csv differs from step %s on" % differing[0]
        part.add("the same run twice, %s" % engine, None, words)


def guard(context, part):
    """A run whose loss becomes infinite: it ends with a message, and what it kept is finite."""
    context.need_gantop()
    sets = ["constraint.kind=none", "objective={kind='pearson',head='paper'}", "optimizer.critic={kind='sgd',lr=1e-3}"]
    sets.append("schedule=[{at=10,set={optimizer.critic.lr=1000.0}}]")
    for engine in ("explicit", "autograd"):
        run = context.train("guard-" + engine, "ring", [*sets, "engine=" + engine], 200)
        message = "no weight has been touched" in run.done.err
        part.add("%s: the run ends with a message" % engine, message and run.done.code == 1, run.done.err.strip() or run.done.words())
        kept = run.checkpoints()
        bad = {path.name: unsound(path) for path in kept}
        words = "; ".join("%s: %s" % (name, ", ".join(tensors) or "finite") for name, tensors in bad.items())
        part.add("%s: what was kept is finite" % engine, bool(kept) and not any(bad.values()), words or "no checkpoint")
        rows = run.rows() if kept else []
        finite = all(abs(value) < float("inf") for row in rows for value in row.values())
        part.add("%s: so are the %d recorded steps" % (engine, len(rows)), bool(rows) and finite, "last step %d" % (rows[-1]["step"] if rows else 0))


def checkpoints(context, part):
    """From one device to the other, and what becomes of a run that is over."""
    context.need_gantop()
    before, after = (5, 10) if context.dry else (50, 100)
    for name, config, sets in (
        ("ring", "ring", []),
        ("ring-gan with Adam", "ring-gan", []),
        ("ring-hinge with spectral norm", "ring-hinge", ["constraint={kind='spectral-norm'}"]),
    )[: 1 if context.dry else 3]:
        for tag, start, go_on in (("to", "cpu", context.device), ("from", context.device, "cpu")):
            tag = "resume-%s-%s" % (config, tag)
            run = context.train(tag, config, sets, before, start)
            if run.done.code != 0:
                part.add("%s, begun on %s" % (name, start), False, run.done.words())
                continue
            stays = context.place / (tag + "-stays")
            shutil.copytree(run.directory, stays)
            moved = context.resume(run.directory, after, go_on)
            stayed = context.resume(stays, after, start)
            what = "%s, from %s to %s" % (name, start, go_on)
            if moved.done.code != 0 or stayed.done.code != 0:
                part.add(what, False, moved.done.words() + "\n" + stayed.done.words())
                continue
            (ours, theirs) = (moved.rows(), stayed.rows())
            first = apart(ours[before], theirs[before], LOSSES, SIZES)
            words = "goes on to step %d; the first step after it %.1e from that of the run that stayed (limit %.0e)"
            part.add(what, len(ours) == after and first <= LIMIT, words % (len(ours), first, LIMIT))
    finished = context.place / "resume-ring-from"
    replayed = context.train("replayed", "ring", [], before)
    done = context.run([context.gantop, "replay", str(replayed.directory)])
    part.add("replay of a run on the device", None, (done.out + done.err).strip() or done.words())
    samples = context.place / "samples.npy"
    done = context.run([context.gantop, "export", str(finished), "--out", str(samples), "--samples", "100"])
    part.add("export of its generator's samples", done.code == 0 and samples.exists(), (done.out + done.err).strip())


def orders(context, part):
    """A run that goes on until told otherwise: pause, step, resume, set and a checkpoint from outside, then SIGTERM."""
    context.need_gantop()
    directory = context.place / "orders"
    command = [context.gantop, "train", "ring", "--headless", "--steps", "0", "--device", context.device]
    with open(context.place / "orders.log", "w+") as log:
        process = subprocess.Popen(
            [*command, "--run-dir", str(directory)], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=context.environment
        )
        try:
            wait(lambda: process.poll() is not None or sum(1 for _ in read_rows(directory)) >= 20, context)
            began = process.poll() is None and sum(1 for _ in read_rows(directory)) >= 20
            part.add("a run without an end begins", began, "20 steps recorded" if began else tail(log))
            if not began:
                return
            for verb in (["pause"], ["status"], ["step", "5"], ["set", "constraint.clip", "0.05"], ["checkpoint"], ["resume"]):
                done = context.run([context.gantop, "ctl", str(directory), *verb], 15)
                part.add("ctl " + " ".join(verb), done.code == 0, (done.out + done.err).strip())
            process.send_signal(signal.SIGTERM)
            ended = wait(lambda: process.poll() is not None, context)
            kept = sorted(directory.glob("checkpoints/*.safetensors"))
            words = "exit code %s; kept %s" % (process.poll(), ", ".join(path.name for path in kept) or "nothing")
            part.add("SIGTERM keeps a checkpoint", ended and process.returncode == 143 and bool(kept), words)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()


def wait(happened, context, most=45.0):
    """Whether it happens before the time is up."""
    until = min(context.until, time.monotonic() + most)
    while time.monotonic() < until:
        if happened():
            return True
        time.sleep(0.05)
    return False


def tail(log):
    log.flush()
    log.seek(0)
    return log.read()[-1500:]
