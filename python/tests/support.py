"""What the tests share: a run in a directory of its own, its loop in a thread, and a client that speaks the protocol."""

import json
import os
import shutil
import socket
import tempfile
import threading
import time
import unittest
import warnings

from gantop import GantopWarning, Run

PATIENCE = 60.0


def until(what, done):
    """Waits until `done()` gives something true."""
    end = time.monotonic() + PATIENCE
    while True:
        found = done()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"waited in vain for {what}")
        time.sleep(0.005)


class Client:
    """One end of a connection, which hears everything or only answers."""

    def __init__(self, path, hello=True, watch=True, read_only=False):
        def connect():
            self.socket = socket.socket(socket.AF_UNIX)
            try:
                self.socket.connect(os.path.join(path, "socket"))
                return True
            except OSError:
                self.socket.close()
                return False

        until("the socket", connect)
        self.socket.settimeout(PATIENCE)
        self.lines = self.socket.makefile("rb")
        self.hello = self.hear()["hello"]
        self.last = 0
        if hello:
            self.say({"hello": {"version": 1, "program": "test", "watch": watch, "read_only": read_only}})

    def say(self, line):
        self.write(json.dumps(line).encode() + b"\n")

    def write(self, data):
        self.socket.sendall(data)

    def hear(self):
        """The next line; None at the end."""
        try:
            line = self.lines.readline()
        except ConnectionResetError:
            return None
        return json.loads(line) if line else None

    def next(self, kind):
        """The next line of this kind, under it."""
        while True:
            line = self.hear()
            if line is None:
                raise AssertionError(f"the connection ended before `{kind}`")
            if kind in line:
                return line[kind]

    def ask(self, do):
        """What answers a command."""
        self.last += 1
        self.say({"command": {"id": self.last, "do": do}})
        while True:
            answer = self.next("answer")
            if answer["id"] == self.last:
                return answer

    def close(self):
        self.lines.close()
        self.socket.close()


class RunTest(unittest.TestCase):
    """A test with a run; warnings of it are kept in `self.warned`."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="gantop")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        catch = warnings.catch_warnings(record=True)
        self.warned = catch.__enter__()
        self.addCleanup(catch.__exit__, None, None, None)
        warnings.simplefilter("always")
        self.clients = []
        self.addCleanup(lambda: [client.close() for client in self.clients])

    def run_of(self, name="toy", **options):
        run = Run(name, directory=self.folder, **options)
        self.addCleanup(run.close)
        return run

    def client(self, run, **options):
        client = Client(run.path, **options)
        self.clients.append(client)
        return client

    def loop(self, run, each=None):
        """Trains in a thread until the run stops; gives the thread, and the list of steps that it has done."""
        done = []

        def train():
            while run.step():
                step = len(done) + 1
                if each:
                    each(step)
                run.log(step, d_loss=1.0 / step, g_loss=0.5)
                done.append(step)
                time.sleep(0.001)
            run.close()

        thread = threading.Thread(target=train, daemon=True)
        thread.start()

        def end():
            run._stop = True
            with run._changed:
                run._changed.notify_all()
            thread.join(PATIENCE)

        self.addCleanup(end)
        return thread, done

    def said(self):
        return [str(one.message) for one in self.warned if issubclass(one.category, GantopWarning)]

    def file(self, run_path, name):
        with open(os.path.join(run_path, name), encoding="utf-8") as file:
            return file.read()

    def journal(self, path):
        return [json.loads(line) for line in self.file(path, "journal.jsonl").splitlines()]
