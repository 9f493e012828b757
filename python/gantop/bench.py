"""`python -m gantop.bench`: what a call costs, and what a small training loop loses."""

import argparse
import statistics
import tempfile
import time

from . import Run


def log_cost(calls, watched_values):
    """Microseconds of a `log` call, the median and the 99th percentile, with so many values."""
    with tempfile.TemporaryDirectory() as folder, Run("bench", directory=folder) as run:
        values = {f"metric_{at}": 0.5 for at in range(watched_values - 2)}
        taken = []
        for step in range(1, calls + 1):
            begin = time.perf_counter()
            run.log(step, d_loss=0.5, g_loss=1.5, **values)
            run.step()
            taken.append((time.perf_counter() - begin) * 1e6)
            if step % 100 == 0:
                # A loop that does nothing else would only fill the queue.
                time.sleep(0.01)
    taken.sort()
    return statistics.median(taken), taken[len(taken) * 99 // 100]


def work(amount):
    """About as long as a step of a small GAN; plain Python, which holds the interpreter: the worst case."""
    total = 0.0
    for at in range(amount):
        total += at * 0.5
    return total


def loop_cost(steps, amount, rounds):
    """Processor seconds of a loop without and with gantop, its thread included: the best of several rounds, in turn."""
    plain, seen = [], []
    for _ in range(rounds):
        begin = time.process_time()
        for _ in range(steps):
            work(amount)
        plain.append(time.process_time() - begin)
        with tempfile.TemporaryDirectory() as folder, Run("bench", directory=folder) as run:
            run.step()
            begin = time.process_time()
            for step in range(1, steps + 1):
                work(amount)
                run.log(step, d_loss=0.5, g_loss=1.5, d_real=0.1, d_fake=0.2)
                run.step()
            seen.append(time.process_time() - begin)
    return min(plain), min(seen)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=20000)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    for values in (2, 8):
        median, late = log_cost(args.calls, values)
        print(f"log and step, {values} values: {median:.1f} µs, 99th percentile {late:.1f} µs")
    for amount in (20_000, 200_000):
        steps = max(50, args.steps * 20_000 // amount)
        plain, seen = loop_cost(steps, amount, args.rounds)
        print(f"a loop of {plain / steps * 1e3:.2f} ms a step: {100 * (seen / plain - 1):+.2f} % of processor time, "
              f"{(seen - plain) / steps * 1e6:+.0f} µs a step")


if __name__ == "__main__":
    main()
