"""What goes wrong here is said once, and training goes on."""

import functools
import sys
import warnings


class GantopWarning(RuntimeWarning):
    """Something about watching this run does not work. Training is not affected."""


class Said:
    """Says each thing once, on standard error, by Python's warnings."""

    def __init__(self):
        self._said = set()

    def __call__(self, text, key=None):
        """Says `text` unless something with this key (else: this text) has been said before."""
        key = key or text
        if key in self._said:
            return
        # What a program makes up in a loop must not fill the memory.
        if len(self._said) < 1000:
            self._said.add(key)
        try:
            warnings.warn("gantop: " + text, GantopWarning, stacklevel=4)
        except Warning:
            # The filter "error" makes exceptions of warnings; training must not see one.
            print("gantop: " + text, file=sys.stderr)


def harmless(result=None):
    """A method of a run that raises nothing into training: what goes wrong is said once, and `result` given."""

    def decorate(method):
        @functools.wraps(method)
        def call(self, *args, **kwargs):
            try:
                return method(self, *args, **kwargs)
            except Exception as error:  # noqa: BLE001: whatever it is, training goes on
                self._said(f"{method.__name__}: {type(error).__name__}: {error}", method.__name__)
                return result

        return call

    return decorate
