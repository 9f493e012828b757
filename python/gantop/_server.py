"""The thread behind a run: records what was logged and speaks to all who watch. Training never waits for it."""

import json
import selectors
import socket
import threading
import time

from . import _past, _samples, _socket
from ._numbers import plain
from ._table import Table
from ._version import PROGRAM
from ._watcher import MOST_UNANSWERED, VERSION, Gone, Watcher

# How often rows go to disk and to watchers, in seconds, and to disk while nobody watches.
BEAT, REST = 0.1, 0.5
# How long the first rows wait, until it shows what metrics there are, and how many rows are enough to show it.
FIRST, ENOUGH = 0.3, 32
# The most connections at a time.
MOST = 32
# The most snapshots a second for a watcher.
SNAPSHOTS = 4
# How long watchers have for the last word.
GRACE = 1.0
# Entries that are worked off before training gets a chance at the interpreter.
TURN = 64


class Server(threading.Thread):
    """Works off the queue of a `Run`, and hands orders to it."""

    def __init__(self, run, record, serves):
        super().__init__(name="gantop", daemon=True)
        self.owner, self.record, self.serves = run, record, serves
        self.table = Table(run._aliases, run._metrics, run._said)
        self.started = self.listener = self.first = None
        self.watchers, self.selector = [], selectors.DefaultSelector()
        self.pipe = socket.socketpair()
        for end in self.pipe:
            end.setblocking(False)
        # The last samples that training has given, and their number.
        self.look, self.looks = None, 0
        # The event of the last pause, while the run is paused.
        self.paused = None
        self.let_go = self.refused_connections = self.refused_lines = 0

    def wake(self):
        """Has the thread look at the queue now. For other threads."""
        try:
            self.pipe[1].send(b"x")
        except OSError:
            pass

    def abandon(self):
        """Lets go of everything without a word, as a forked process does."""
        for one in (self.listener, *self.pipe, *self.watchers):
            if one is not None:
                one.close()
        self.record.close()

    def run(self):
        try:
            self.selector.register(self.pipe[0], selectors.EVENT_READ, None)
            while self._turn():
                pass
        except Exception as error:  # noqa: BLE001: training goes on
            self.owner._said(f"the run is no longer recorded or watched: {type(error).__name__}: {error}")
            self.owner._die()
        finally:
            if self.listener is not None:
                _socket.remove(self.record.path)
            self.selector.close()
            self.abandon()

    def _turn(self):
        for key, _ in self.selector.select(BEAT if self.watchers or self.started is None else REST):
            if key.data is None:
                self._drain()
            elif key.data == "listener":
                self._accept()
            else:
                self._with(key.data, self._hear)
        end = self._take()
        if self.paused or end or not self.table.waits(self.owner._done, self.owner._stepping):
            self.table.finish()
        self._flush(end is not None)
        if end:
            self._end(*end)
            return False
        for watcher in list(self.watchers):
            self._with(watcher, self._tell)
        return True

    def _drain(self):
        try:
            while self.pipe[0].recv(4096):
                pass
        except OSError:
            pass

    def _take(self):
        """Works off what training has put into the queue; gives the last word, if it has come."""
        queue, count = self.owner._queue, 0
        while queue:
            kind, *about = queue.popleft()
            if kind == "log":
                self.table.log(*about)
            elif kind == "event":
                self._happened(*about)
            elif kind == "refused":
                watcher, number, why = about
                self._with(watcher, lambda watcher: watcher.answer(number, refused=why))
            elif kind == "look":
                self.look, self.looks = about[0], self.looks + 1
                if about[1] and self.started:
                    self._again()
            else:
                return about
            count += 1
            if count % TURN == 0:
                # Lets go of the interpreter for a moment.
                time.sleep(0)
        return None

    def _flush(self, ends):
        """Hands complete rows to the disk."""
        table = self.table
        if self.started is None:
            if table.unwritten and self.first is None:
                self.first = time.monotonic()
            waits = self.first is None or (time.monotonic() - self.first < FIRST and len(table.unwritten) < ENOUGH)
            if waits and not ends and not self.owner._stepping:
                return
            if waits and not ends and table.unwritten:
                return
            self._start()
        elif table.grown:
            self._again()
        if table.unwritten and table.columns:
            rows, table.unwritten = table.unwritten, []
            self.record.add(rows, table.columns)

    # What the run is.

    def _info(self):
        run, self.table.grown = self.owner, False
        return {"config": {"name": run.name, "steps": run.steps}, "device": run.device,
                "shape": run._shape.said or {"point": {"dims": 1}}, "metrics": self.table.infos(),
                "settings": run._settings()}

    def _start(self):
        """The run has begun: from here on it is in the journal, and others find it."""
        self.started = self._info()
        self.record.note({"step": 0, "kind": "started", "gantop": PROGRAM, "device": self.owner.device, "threads": 0,
                          "settings": self.started["settings"], "metrics": self.started["metrics"]})
        if not self.serves:
            return
        try:
            self.listener = _socket.listen(self.record.path)
            self.selector.register(self.listener, selectors.EVENT_READ, "listener")
        except OSError as error:
            self.owner._said(f"{self.record.path}/socket: {error}; the run is recorded, and cannot be attached to")

    def _again(self):
        """There are more metrics, or samples have another shape: all are told anew."""
        self.started = self._info()
        for watcher in self.watchers:
            watcher.told = None

    def _happened(self, event, watcher, number):
        """Something happened: everybody hears it, and who asked has an answer."""
        self.table.finish()
        self._flush(True)
        if event["kind"] == "state":
            self.paused = event if event["state"] == "paused" else None
        elif event["kind"] == "applied":
            self.started["settings"] = event["settings"]
        self.record.note(event)

        def tell(one):
            self._catch_up(one)
            one.say({"event": event})

        for one in list(self.watchers):
            # One that has not heard what the run is will hear how it stands.
            if one.watches and one.told is not None:
                self._with(one, tell)
        self._with(watcher, lambda watcher: watcher.answer(number, events=[event]))

    # Watchers.

    def _with(self, watcher, do):
        """Does something with a watcher that is still there; lets it go if its connection is over."""
        if watcher not in self.watchers:
            return
        try:
            do(watcher)
            watcher.write()
        except Gone:
            self.let_go += bool(watcher.waits) and not watcher.closing
            return self._drop(watcher)
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if watcher.waits else 0)
        self.selector.modify(watcher, events, watcher)

    def _drop(self, watcher):
        self.watchers.remove(watcher)
        self.refused_lines += watcher.wrong
        self.selector.unregister(watcher)
        watcher.close()

    def _accept(self):
        try:
            connection, _ = self.listener.accept()
        except OSError:
            return
        try:
            ours = _socket.is_ours(connection)
        except OSError:
            ours = False
        if ours and len(self.watchers) < MOST:
            watcher = Watcher(connection)
            self.watchers.append(watcher)
            self.selector.register(watcher, selectors.EVENT_READ, watcher)
            hello = {"version": VERSION, "program": PROGRAM, **self.owner._hello()}
            return self._with(watcher, lambda watcher: watcher.say({"hello": hello}))
        self.refused_connections += 1
        why = f"{MOST} connections are open: that is the most" if ours else "the run belongs to another user"
        try:
            connection.setblocking(False)
            connection.send(json.dumps({"refused": {"why": why}}).encode() + b"\n")
        except OSError:
            pass
        connection.close()

    def _hear(self, watcher):
        for command in watcher.read():
            self._command(watcher, command["id"], command["do"])

    def _command(self, watcher, number, asked):
        name, argument = asked, None
        if isinstance(asked, dict) and len(asked) == 1:
            (name, argument), = asked.items()
        if len(watcher.unanswered) >= MOST_UNANSWERED:
            why = f"{MOST_UNANSWERED} commands wait for an answer: that is the most"
        elif name == "status":
            return watcher.answer(number, status=self._status())
        elif name == "snapshot":
            return self._wants(watcher, number, argument)
        elif watcher.read_only:
            why = f"`{str(name)[:40]}` would change the run, and you are read-only"
        else:
            why = self.owner._order(watcher, number, name, argument)
        if why:
            return watcher.answer(number, refused=why)
        watcher.unanswered.add(number)

    def _wants(self, watcher, number, argument):
        """Somebody wants samples: they come when there are newer ones than the last that it was sent."""
        most = argument.get("samples") if isinstance(argument, dict) else None
        if watcher.wants is not None:
            watcher.answer(watcher.wants[0])
        watcher.wants = (number, most if type(most) is int and 0 <= most < 1 << 20 else 64)
        self.owner._wanted = True

    def _status(self):
        run, table = self.owner, self.table
        return {"name": run.name, "state": "paused" if self.paused else "running", "step": table.step,
                "steps": run.steps, "seconds": table.seconds, "settings": run._settings(),
                "metrics": {name: plain(value) for name, value in table.latest.items()},
                "watchers": sum(one.watches for one in self.watchers), "dropped": self.let_go,
                "refused_connections": self.refused_connections,
                "refused_lines": self.refused_lines + sum(one.wrong for one in self.watchers)}

    def _tell(self, watcher):
        """What is new for a watcher, if it has read what came before."""
        now = time.monotonic()
        watcher.check(now)
        if watcher.waits or not watcher.greeted:
            return
        if watcher.watches and self.started:
            self._catch_up(watcher)
            watcher.write()
        if watcher.wants is None or watcher.waits:
            return
        news = self.looks > watcher.looked
        if not news:
            self.owner._wanted = True
        if self.look and (news or self.paused) and now - watcher.looked_at >= 1 / SNAPSHOTS:
            number, most = watcher.wants
            watcher.wants, watcher.looked, watcher.looked_at = None, self.looks, now
            watcher.say(_samples.snapshot(*self.look, self.owner.objective, most))
            watcher.answer(number)

    def _catch_up(self, watcher):
        """Tells a watcher all rows that it has not been told; one that is too late for them is told anew what the run is."""
        rows = None if watcher.told is None else self.table.past.since(watcher.told)
        anew = rows is None
        if anew:
            watcher.say({"started": self.started})
            if self.table.past.spans:
                watcher.say(_past.merged(self.table.past.spans, self.table.columns))
            rows = self.table.past.rows
            watcher.told = 0
        if rows:
            watcher.say(_past.steps(rows, self.table.columns))
            watcher.told = rows[-1][0]
        if anew and self.paused:
            watcher.say({"event": self.paused})

    def _end(self, outcome, why):
        """Says the last word to the disk and to all."""
        table, run = self.table, self.owner
        event = {"step": table.step, "kind": "ended", "outcome": outcome, **({"why": why} if why else {})}
        self.record.end(event, table.latest, table.seconds, run.objective, run.device)
        if self.listener is not None:
            _socket.remove(self.record.path)
        word = {"failed": {"why": why or "it does not say why"}} if outcome == "failed" else {"finished": {
            "steps": table.step, "seconds": table.seconds,
            "metrics": {name: plain(value) for name, value in table.latest.items()},
            "stopped": outcome == "stopped", "device": run.device, "threads": 0}}

        def last_word(watcher):
            if watcher.watches and watcher.greeted:
                self._catch_up(watcher)
                watcher.say(word)
            for number in list(watcher.unanswered):
                watcher.answer(number, events=[event])
            # Gone as soon as all is written.
            watcher.closing = True

        for watcher in list(self.watchers):
            self._with(watcher, last_word)
        until = time.monotonic() + GRACE
        while self.watchers and time.monotonic() < until:
            for key, _ in self.selector.select(BEAT):
                if isinstance(key.data, Watcher):
                    self._with(key.data, lambda watcher: watcher.read())
