"""Hugging Face's `Trainer`: `Trainer(..., callbacks=[GantopCallback("run")])`. It has one optimiser, and its steps are counted."""

try:
    from transformers import TrainerCallback
except ImportError:
    # Whatever calls these methods will do.
    TrainerCallback = object

from ._adapter import Adapter, numbers


class GantopCallback(TrainerCallback):
    """Shows and steers a training. Arguments are those of `Run`, or it is given one."""

    def __init__(self, name="transformers", run=None, **options):
        super().__init__()
        self._adapter = Adapter(name, run, options)

    @property
    def run(self):
        """The run, while training goes on."""
        return self._adapter.run

    def on_train_begin(self, args, state, control, optimizer=None, **kwargs):
        self._adapter.options.setdefault("steps", max(0, state.max_steps))
        self._adapter.options.setdefault("config", args.to_dict() if hasattr(args, "to_dict") else {})
        self._adapter.begin([optimizer])

    def on_log(self, args, state, control, logs=None, **kwargs):
        if self.run is not None:
            self.run.log(state.global_step, numbers(logs))

    def on_step_end(self, args, state, control, **kwargs):
        if not self.run.step():
            control.should_training_stop = True

    def on_train_end(self, args, state, control, **kwargs):
        self._adapter.end()
