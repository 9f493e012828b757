"""Lightning: a callback that shows and steers a training, and a logger for what `self.log` says.

    Trainer(callbacks=[GantopCallback("gan", checkpoint=True)])        Trainer(logger=GantopLogger("gan", optimizers=2))

Lightning's `global_step` counts every optimiser's step: two a batch for a GAN. A step here is a generator's: the callback counts
batches, the logger divides by the number of optimisers.
"""

try:
    from lightning.pytorch.callbacks import Callback
    from lightning.pytorch.loggers.logger import Logger
except ImportError:
    try:
        from pytorch_lightning.callbacks import Callback
        from pytorch_lightning.loggers.logger import Logger
    except ImportError:
        # Whatever calls these methods will do.
        Callback = Logger = object

from ._adapter import Adapter, numbers


class GantopCallback(Callback):
    """Shows and steers a training. `names` are those of the learning rates, in the order of the optimisers; with
    `checkpoint`, one that is asked for is Lightning's own. Other arguments are those of `Run`, or it is given one."""

    def __init__(self, name="lightning", run=None, names=None, checkpoint=False, **options):
        super().__init__()
        self._adapter, self._names, self._checkpoint = Adapter(name, run, options), names, checkpoint
        self._batches = 0

    @property
    def run(self):
        """The run, while training goes on."""
        return self._adapter.run

    def on_train_start(self, trainer, pl_module):
        if self._checkpoint:
            self._adapter.options["checkpoint"] = trainer.save_checkpoint
        self._adapter.begin(trainer.optimizers, self._names)
        self._obey(trainer)

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        self._batches += 1
        self.run.log(self._batches, numbers(trainer.callback_metrics))
        self._obey(trainer)

    def _obey(self, trainer):
        if not self.run.step():
            trainer.should_stop = True

    def on_validation_end(self, trainer, pl_module):
        if self.run is not None and self._batches and not getattr(trainer, "sanity_checking", False):
            self.run.log(self._batches, numbers(trainer.callback_metrics))

    def on_exception(self, trainer, pl_module, exception):
        self._adapter.end(exception)

    def on_train_end(self, trainer, pl_module):
        self._adapter.end()

    def state_dict(self):
        return {"batches": self._batches}

    def load_state_dict(self, state_dict):
        self._batches = state_dict["batches"]


class GantopLogger(Logger):
    """Writes what `self.log` says into a run. `optimizers` is how many of them step in a batch."""

    def __init__(self, name="lightning", run=None, optimizers=2, **options):
        super().__init__()
        self._name, self._adapter, self._optimizers = name, Adapter(name, run, options), max(1, optimizers)

    @property
    def experiment(self):
        """The run."""
        if self._adapter.run is None:
            self._adapter.begin()
        return self._adapter.run

    @property
    def name(self):
        return self._name

    @property
    def version(self):
        return ""

    def log_hyperparams(self, params, *_, **__):
        # They go into config.json, unless somebody else has given a config.
        if self._adapter.run is None:
            self._adapter.options.setdefault("config", dict(params) if hasattr(params, "keys") else vars(params))

    def log_metrics(self, metrics, step=None):
        values = {name: value for name, value in metrics.items() if name != "epoch"}
        self.experiment.log(None if step is None else step // self._optimizers, values)

    def finalize(self, status):
        self._adapter.end(RuntimeError(status) if status == "failed" else None)
