"""A run: what a training loop in Python calls to be seen, recorded and steered by gantop."""

import atexit
import collections
import contextlib
import os
import sys
import threading
import time
import weakref

from . import _controls, _record, _samples, _server
from ._names import fit, shown
from ._numbers import number
from ._said import Said, harmless

# Entries that may wait for the thread; more are left out, and that is said.
MOST = 200_000
# The least time between two looks at samples, in seconds.
LOOK = 0.25
# How long the end of a run waits for its last words.
PATIENCE = 10.0
# Commands of a run whose loop calls `step`.
OBEYED = ["pause", "resume", "advance", "set", "stop"]

_alive = weakref.WeakSet()


class Run:
    """A training run that gantop shows, records and steers.

        with gantop.Run("dcgan", config={"batch": 64}) as run:
            run.control("lr_g", optimizer_g, low=0, high=1)
            while run.step():                      # waits while the run is paused; false: it is to stop
                d_loss, g_loss = train()
                run.log(d_loss=d_loss, g_loss=g_loss)

    `config` is kept in the run's directory. `steps` is the last step, 0 for none. The run's directory is made in
    `directory` (else `$GANTOP_RUNS`, else `runs`). `checkpoint` is called with a path when somebody asks for one, and
    writes it. `shape`, as (28, 28) or (32, 32, 3), is that of images that come flat; `span` the interval of their values.
    `objective` is what the two networks play for, in a word. With `aliases` off, `d_loss` stays `d_loss` and is not taken
    for the critic's loss.

    No method raises: what goes wrong is said once, and training goes on without. `GANTOP=off` in the environment turns
    everything off, and so does any rank but the first of a distributed run.
    """

    def __init__(self, name="run", config=None, *, steps=0, directory=None, checkpoint=None, objective="custom",
                 device=None, shape=None, span=None, paused=False, aliases=True, record_every=0):
        self.name, self.steps, self.objective = shown(name) or "run", max(0, int(steps)), shown(objective) or "custom"
        self.path = None
        self._said = Said()
        self._checkpoint, self._aliases = checkpoint, aliases
        self._shape = _samples.Shape(shape, span)
        self._controls, self._metrics = {}, {}
        self._queue, self._orders = collections.deque(), collections.deque()
        self._changed = threading.Condition()
        self._count = self._logged = self._done = 0
        self._paused, self._owed, self._stop, self._over = False, 0, False, False
        self._stepping = self._wanted = False
        self._real = self._fake = self._critic = self._maker = None
        self._looked = self._refreshed = -LOOK
        self._begun, self._rested = time.monotonic(), 0.0
        self._server = None
        self.device = shown(device or _device())
        if os.environ.get("GANTOP", "").lower() in ("0", "off", "no") or _rank() != 0:
            return
        try:
            path = _record.make(directory or os.environ.get("GANTOP_RUNS") or "runs", self.name)
            record = _record.Record(path, self.name, config or {}, self.steps, record_every, self._said)
            self._server = _server.Server(self, record, hasattr(_server.socket, "AF_UNIX"))
            self._server.start()
            self.path = path
            _alive.add(self)
            self._paused = bool(paused)
        except Exception as error:  # noqa: BLE001: training goes on
            self._server = None
            self._said(f"there is no run to be watched: {type(error).__name__}: {error}")

    # What a loop calls.

    @harmless()
    def log(self, step=None, values=None, **more):
        """Metrics of a step; without `step`, of the one that `step()` has begun. Steps rise.

        Values are numbers, or tensors of one number. Names go into `values` where they are no words of Python. What is
        logged in several calls at one step is one row.
        """
        if self._server is None:
            return
        if isinstance(step, dict):
            step, values = None, {**step, **(values or {})}
        if values:
            more = {**values, **more}
        for name, value in more.items():
            if type(value) is not float:
                try:
                    more[name] = number(value)
                except (TypeError, ValueError, RuntimeError) as error:
                    self._said(f"log: {name}: {error}", "log " + name)
                    more = {**more, name: float("nan")}
        step = self._count or 1 if step is None else int(step)
        if not 0 <= step < 1 << 63:
            raise ValueError(f"step {step}: must be a whole number from 0")
        if len(self._queue) >= MOST:
            return self._said("log: more is logged than can be recorded: some steps are left out", "much")
        self._logged = step
        self._queue.append(("log", step, time.monotonic() - self._begun - self._rested, more))

    def step(self):
        """Obeys what was asked since the last call, and waits while the run is paused. False: the run is to stop."""
        self._done = self._logged
        if not self._stepping:
            self._stepping = True
            if self._paused:
                self._pause("start")
        elif self._owed:
            self._owe()
        if self._orders or self._paused or self._wanted or self._controls:
            self._obey()
        if self._stop:
            return False
        self._count += 1
        return True

    @harmless()
    def samples(self, real=None, fake=None):
        """Samples of both kinds: images or points, as arrays of NumPy, tensors of PyTorch or lists.

        They are looked at here and copied, four times a second at most. A function that gives them is called by `step`
        instead, without gradients, when somebody looks. What it draws, and layers in their training mode, are its own affair:
        with noise of its own and the generator in its evaluation mode, watching changes nothing.
        """
        if self._server is None:
            return
        if callable(real) or callable(fake):
            self._maker = (real, fake)
            return
        if time.monotonic() - self._looked < LOOK:
            return
        self._look(real, fake)

    @harmless()
    def critic(self, real=None, fake=None):
        """The critic's values on real and on generated samples; they go with the next samples and into two metrics."""
        if self._server is None or time.monotonic() - self._looked < LOOK:
            return
        self._critic = tuple([] if values is None else _samples.floats(values, 4096) for values in (real, fake))
        means = {name: sum(values) / len(values)
                 for name, values in zip(("critic_real", "critic_fake"), self._critic) if values}
        self.log(self._logged or None, means)

    @harmless()
    def control(self, name, get, set=None, *, low=None, high=None, choices=None, kind=None, unit="", label=""):
        """Offers a value of the loop to be changed: `get()` gives it, `set(value)` changes it, both called by `step`.

        An optimiser of PyTorch in place of `get` stands for its learning rate. `kind` is `number`, `whole`, `flag` or
        `choice`, and known from the value in most cases. Controls are to be declared before the first step.
        """
        if hasattr(get, "param_groups"):
            get, set = _controls.of_optimizer(get)
        control = _controls.Control(name, get, set, low, high, choices, kind, unit, label)
        if len(self._controls) >= 64:
            raise ValueError(f"{name}: a run has at most 64 controls")
        self._controls[control.name] = control

    @harmless()
    def metric(self, name, *, label="", group="", unit="", better="neither"):
        """Says more of a metric: its chart (`group`), its name there, its unit, whether `lower` or `higher` is better."""
        if better not in ("lower", "higher", "neither"):
            raise ValueError(f"better={better}: must be lower, higher or neither")
        about = {"label": shown(label), "group": shown(group), "unit": shown(unit)}
        self._metrics[name] = {"better": better, **{key: text for key, text in about.items() if text}}

    def close(self, why=None):
        """Ends the run; with `why`, because it broke. Without this it ends with the interpreter."""
        self._end("failed" if why else "stopped" if self._stop else "finished", why)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, _):
        if kind is None:
            self.close()
        elif issubclass(kind, Exception):
            self._end("failed", f"{kind.__name__}: {error}")
        else:
            # Ctrl-C and the like: nothing is broken.
            self._end("stopped", None)

    def __reduce__(self):
        # A copy elsewhere, as a worker's, is no run of its own: it does nothing.
        return _lifeless, (self.name,)

    # Between the loop and the thread.

    def _end(self, outcome, why):
        if self._over or self._server is None:
            return
        self._over = True
        _alive.discard(self)
        server = self._server
        self._queue.append(("end", outcome, None if why is None else shown_line(why)))
        server.wake()
        server.join(PATIENCE)
        self._server = None

    def _die(self):
        """Nothing more is recorded, and nobody is waited for."""
        with self._changed:
            self._server = None
            self._paused, self._owed = False, 0
            self._changed.notify_all()

    def _happened(self, event, watcher=None, number=None):
        server = self._server
        if server is not None:
            self._queue.append(("event", {"step": self._logged, **event}, watcher, number))
            server.wake()

    def _pause(self, reason, watcher=None, number=None):
        self._paused = True
        self._happened({"kind": "state", "state": "paused", "reason": reason}, watcher, number)

    def _owe(self):
        self._owed -= 1
        if self._owed == 0:
            self._pause("advanced")

    @harmless()
    def _obey(self):
        since = time.monotonic()
        if since - self._refreshed >= LOOK:
            self._refreshed = since
            for control in self._controls.values():
                control.refresh()
        while True:
            if self._wanted and self._maker:
                self._make()
            self._wanted = False
            with self._changed:
                while self._paused and not self._orders and not self._wanted and not self._stop:
                    self._changed.wait(0.2)
                order = self._orders.popleft() if self._orders else None
            if order is None and (self._stop or not self._paused):
                break
            if order is not None:
                self._do(*order)
                if not self._orders and not self._paused:
                    break
        if time.monotonic() - since > 0.001:
            self._rested += time.monotonic() - since

    def _make(self):
        if time.monotonic() - self._looked < LOOK:
            return
        torch = sys.modules.get("torch")
        with torch.no_grad() if hasattr(torch, "no_grad") else contextlib.nullcontext():
            real, fake = (one() if callable(one) else one for one in self._maker)
        self._look(real, fake)

    def _look(self, real, fake):
        """Hands samples to the thread; of a kind that is left out, the last ones stand."""
        self._looked = time.monotonic()
        news = False
        for name, values in (("_real", real), ("_fake", fake)):
            if values is not None:
                batch, other = _samples.batch(values, self._shape)
                news = news or other
                setattr(self, name, batch)
        sides = (self._fake or self._real).sides
        # Those of another shape are of no use any more.
        self._real, self._fake = (one if one and one.sides == sides else None for one in (self._real, self._fake))
        look = (self._logged, self._shape.said, self._real, self._fake, self._critic)
        self._queue.append(("look", look, news))

    def _do(self, watcher, number, name, argument):
        if name == "pause":
            self._owed = 0
            self._pause("person", watcher, number)
        elif name in ("resume", "advance"):
            self._owed = self._owed + argument if name == "advance" else 0
            self._paused = False
            self._happened({"kind": "state", "state": "running"}, watcher, number)
        elif name == "stop":
            # Its answer is the run's end.
            self._stop = True
        elif name == "save":
            self._save(watcher, number)
        else:
            self._set(watcher, number, argument)

    def _set(self, watcher, number, wanted):
        try:
            for control, value in [(control, control.checked(value)) for control, value in wanted]:
                old = control.value
                control.set(value)
                event = {"kind": "applied", "what": control.key or control.name, "old": _text(old),
                         "new": _text(control.value), "who": "person", "settings": self._settings()}
                self._happened(event, watcher, number)
        except _controls.Refused as why:
            self._queue.append(("refused", watcher, number, str(why)))
            self._server.wake()

    def _save(self, watcher, number):
        folder = os.path.join(self.path, _record.CHECKPOINTS)
        name = f"step-{self._logged:09}.pt"
        event = {"kind": "checkpoint", "reason": "asked"}
        try:
            os.makedirs(folder, mode=0o700, exist_ok=True)
            self._checkpoint(os.path.join(folder, name))
            event["file"] = name
        except Exception as error:  # noqa: BLE001: the loop's own code
            event["why"] = f"{type(error).__name__}: {error}"
        self._happened(event, watcher, number)

    # For the thread.

    def _hello(self):
        commands = (OBEYED if self._stepping else []) + ["snapshot", "status"]
        if self._checkpoint and self._stepping:
            commands = commands + ["save"]
        controls = list(self._controls.values())
        return {"run": os.path.basename(self.path), "commands": commands,
                "keys": [control.key for control in controls if control.key and control.put],
                "controls": [control.declared() for control in controls if control.put]}

    def _settings(self):
        return _controls.settings(self._controls, self.objective)

    def _order(self, watcher, number, name, argument):
        """Hands an order to the loop, or says why not. Called by the thread."""
        if name not in self._hello()["commands"]:
            return f"{self.name} does not know `{str(name)[:40]}`"
        if name == "advance" and not (type(argument) is int and 0 < argument < 1 << 62):
            return "advance: must be a number of steps from 1"
        if name == "set":
            if not isinstance(argument, dict) or not argument:
                return "set: must be controls with their values"
            known = {**{control.key: control for control in self._controls.values() if control.key}, **self._controls}
            unknown = [key for key in argument if key not in known or known[key].put is None]
            if unknown:
                allowed = ", ".join(control.name for control in self._controls.values() if control.put) or "nothing"
                return f"`{unknown[0][:64]}` cannot be set; what can: {allowed}"
            argument = [(known[key], value) for key, value in argument.items()]
        with self._changed:
            self._orders.append((watcher, number, name, argument))
            self._changed.notify_all()
        return None


def shown_line(text):
    """A reason as one line for a person."""
    lines = str(text).splitlines() or [""]
    return "".join(c for c in lines[0] if c.isprintable())[:500]


def _text(value):
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)


def _device():
    torch = sys.modules.get("torch")
    try:
        return "cuda" if torch and torch.cuda.is_initialized() else "cpu"
    except Exception:  # noqa: BLE001: half an import of torch
        return "cpu"


def _rank():
    try:
        return int(os.environ.get("RANK") or os.environ.get("LOCAL_RANK") or 0)
    except ValueError:
        return 0


def _lifeless(name):
    """A run that does nothing: what a copy in another process is."""
    run = Run.__new__(Run)
    before = os.environ.get("GANTOP")
    os.environ["GANTOP"] = "off"
    try:
        run.__init__(name)
    finally:
        if before is None:
            del os.environ["GANTOP"]
        else:
            os.environ["GANTOP"] = before
    return run


def _forked():
    for run in list(_alive):
        run._queue.clear()
        server, run._server = run._server, None
        run._changed = threading.Condition()
        run._paused = run._stop = False
        _alive.discard(run)
        if server is not None:
            server.abandon()


def _at_exit():
    # The interpreter notes an error that ended the program.
    error = getattr(sys, "last_value", None)
    for run in list(_alive):
        if isinstance(error, Exception):
            run._end("failed", f"{type(error).__name__}: {error}")
        else:
            run.close()


atexit.register(_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
