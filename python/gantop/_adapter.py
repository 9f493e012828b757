"""What the adapters share: a run that begins and ends with a library's training, and controls for its optimisers."""

from ._run import Run

# What the optimisers of a GAN are called where they are two and nobody has said so: the generator's first.
PAIR = ("lr_g", "lr_d")


class Adapter:
    """A run that is made when training begins; `options` are those of `Run`."""

    def __init__(self, name, run, options):
        self.name, self.run, self.options = name, run, options
        self.own = run is None

    def begin(self, optimizers=(), names=None):
        """Makes the run, unless there is one, and offers the learning rates of these optimisers."""
        if self.run is None:
            self.run = Run(self.name, **self.options)
        optimizers = [one for one in optimizers if one is not None]
        names = names or (PAIR if len(optimizers) == 2 else ["lr"] if len(optimizers) == 1 else
                          [f"lr_{at}" for at in range(len(optimizers))])
        for label, optimizer in zip(names, optimizers):
            if hasattr(optimizer, "param_groups"):
                self.run.control(label, optimizer, low=0, high=1)

    def end(self, error=None):
        """Ends a run that was made here."""
        if self.run is not None and self.own:
            self.run.close(f"{type(error).__name__}: {error}" if isinstance(error, Exception) else None)
            self.run = None


def numbers(values):
    """Of a library's metrics those that are numbers."""
    return {name: value for name, value in (values or {}).items()
            if isinstance(value, (int, float)) or getattr(value, "ndim", None) == 0}
