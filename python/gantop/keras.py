"""Keras: `model.fit(..., callbacks=[GantopCallback("gan")])`. A step is a batch, however many optimisers step in it."""

try:
    from keras.callbacks import Callback
except ImportError:
    # Whatever calls these methods will do.
    Callback = object

from ._adapter import Adapter, numbers

# Where the optimisers of a model are found, and the names of their learning rates.
OPTIMIZERS = (("g_optimizer", "lr_g"), ("generator_optimizer", "lr_g"), ("d_optimizer", "lr_d"),
              ("discriminator_optimizer", "lr_d"), ("critic_optimizer", "lr_d"), ("optimizer", "lr"))


class GantopCallback(Callback):
    """Shows and steers a training. Arguments are those of `Run`, or it is given one."""

    def __init__(self, name="keras", run=None, **options):
        super().__init__()
        self._adapter, self._batches = Adapter(name, run, options), 0

    @property
    def run(self):
        """The run, while training goes on."""
        return self._adapter.run

    def on_train_begin(self, logs=None):
        self._adapter.begin()
        for attribute, name in OPTIMIZERS:
            optimizer = getattr(self.model, attribute, None)
            if optimizer is not None and name not in self.run._controls:
                self.run.control(name, lambda one=optimizer: float(one.learning_rate),
                                 lambda rate, one=optimizer: setattr(one, "learning_rate", rate), low=0, high=1)

    def on_train_batch_end(self, batch, logs=None):
        self._batches += 1
        self.run.log(self._batches, numbers(logs))
        if not self.run.step():
            self.model.stop_training = True

    def on_epoch_end(self, epoch, logs=None):
        values = {name: value for name, value in numbers(logs).items() if name.startswith("val_")}
        if values and self._batches:
            self.run.log(self._batches, values)

    def on_train_end(self, logs=None):
        self._adapter.end()
