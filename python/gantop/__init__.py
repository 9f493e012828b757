"""gantop's client: makes a training loop in Python visible, recordable and steerable by the program gantop.

Start reading at `Run`: it is the whole surface. The adapters for Lightning, Hugging Face and Keras are modules of
their own, imported only by those who want them.

* `_run` is what a training loop calls, in its own thread, and never waits for anything but a person's pause;
* `_server` is the thread behind it, which records (`_record`, `_past`) and speaks to watchers (`_watcher`);
* `_names`, `_controls` and `_samples` turn what a loop has into what the protocol says.

docs/protocol.md of gantop describes what goes over the socket.
"""

from ._run import Run
from ._said import GantopWarning
from ._version import VERSION as __version__

__all__ = ["GantopWarning", "Run", "__version__"]
