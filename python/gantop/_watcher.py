"""One connection of a watcher: its lines in, what is said to it out. Nothing of it is trusted or waited for."""

import json
import time

# As docs/protocol.md has them.
VERSION = 1
MOST_ASKED = 1 << 16
MOST_UNANSWERED = 64
MOST_WRONG = 16
PATIENCE = 10.0
# The most bytes that may wait for one that does not read, beside a snapshot.
MOST_WAITING = 1 << 24


class Gone(Exception):
    """The connection is over."""


class Watcher:
    """A connection, which never blocks."""

    def __init__(self, connection):
        self.connection = connection
        connection.setblocking(False)
        self.came, self.waits = bytearray(), bytearray()
        self.greeted = self.watches = self.read_only = self.closing = False
        self.since = time.monotonic()
        self.wrong = 0
        # Commands that have not been answered, and the one that asks for samples, with how many.
        self.unanswered = set()
        self.wants = None
        # The last step that it has been told, and the last samples; None: it has not been told what the run is.
        self.told, self.looked, self.looked_at = None, 0, 0.0

    def fileno(self):
        return self.connection.fileno()

    # What it says.

    def read(self):
        """The lines that have come, parsed; raises `Gone` at the end."""
        try:
            data = self.connection.recv(1 << 16)
        except (BlockingIOError, InterruptedError):
            return []
        except OSError as error:
            raise Gone from error
        if not data:
            raise Gone
        if self.closing:
            return []
        self.came += data
        lines = []
        while not self.closing:
            end = self.came.find(b"\n")
            if end >= MOST_ASKED or (end < 0 and len(self.came) >= MOST_ASKED):
                self.refuse(f"the line is longer than {MOST_ASKED} bytes", last=True)
            if end < 0 or self.closing:
                break
            line = self._parsed(bytes(self.came[:end]))
            del self.came[:end + 1]
            if line is not None:
                lines.append(line)
        return lines

    def _parsed(self, line):
        try:
            said = json.loads(line)
            (kind, about), = said.items()
            if not isinstance(about, dict):
                raise ValueError("it says nothing")
        except (ValueError, AttributeError, RecursionError) as error:
            self.refuse(f"not understood: {str(error)[:100]}", last=not self.greeted)
            return None
        if self.greeted and kind == "command" and self._is_command(about):
            return about
        if not self.greeted and kind == "hello":
            self._greet(about)
        else:
            self.refuse("there has been a hello already" if kind == "hello" else "a hello must come first"
                        if not self.greeted else f"`{kind[:40]}` is not understood", last=not self.greeted)
        return None

    @staticmethod
    def _is_command(about):
        number = about.get("id")
        return isinstance(number, int) and not isinstance(number, bool) and 0 <= number < 1 << 64 and "do" in about

    def _greet(self, hello):
        theirs = hello.get("version")
        if theirs != VERSION:
            return self.refuse(f"this run speaks version {VERSION} of the protocol, you speak version {str(theirs)[:20]}",
                               last=True)
        self.greeted, self.watches, self.read_only = True, bool(hello.get("watch")), bool(hello.get("read_only"))

    # What is said to it.

    def say(self, line):
        """Puts a line behind what waits; one that does not read is let go."""
        self.waits += json.dumps(line, allow_nan=False, separators=(",", ":")).encode() + b"\n"
        if len(self.waits) > MOST_WAITING and "snapshot" not in line:
            raise Gone

    def answer(self, number, **said):
        self.unanswered.discard(number)
        self.say({"answer": {"id": number, **said}})

    def refuse(self, why, last=False):
        """Refuses a line; after too many, or the `last` one, nothing more is read."""
        self.wrong += 1
        self.closing = last or self.wrong >= MOST_WRONG
        self.say({"refused": {"why": why}})

    def write(self):
        """Hands on what the system takes now."""
        try:
            while self.waits:
                sent = self.connection.send(memoryview(self.waits)[:1 << 18])
                del self.waits[:sent]
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            raise Gone from error
        if self.closing:
            raise Gone

    def check(self, now):
        """Lets one go that says no hello, or has had its say and does not read the answer."""
        if (self.closing or not self.greeted) and now - self.since > PATIENCE:
            raise Gone

    def close(self):
        try:
            self.connection.close()
        except OSError:
            pass
