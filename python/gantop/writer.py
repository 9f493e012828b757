"""What was written for TensorBoard's `SummaryWriter` in PyTorch or tensorboardX, into a run of gantop.

    from gantop.writer import SummaryWriter

Scalars become metrics, images samples (`real` in the tag: real ones). What else can be written there is passed over. The loop
is watched; to steer it, call `writer.run.step()` and declare controls on `writer.run`.
"""

from ._run import Run


class SummaryWriter:
    """A writer whose events are a run. `log_dir` gives it its name; other arguments are those of `Run`."""

    def __init__(self, log_dir=None, comment="", *, run=None, every=1, **options):
        name = (str(log_dir).rstrip("/").rsplit("/", 1)[-1] if log_dir else "run") + comment
        self.run = run or Run(name, **options)
        # Steps of the tags are counted in optimiser steps by some loops: how many make one of the generator's.
        self.every = max(1, every)
        self._step = 0

    def _at(self, step):
        self._step = self._step + 1 if step is None else int(step) // self.every
        return self._step

    def add_scalar(self, tag, scalar_value, global_step=None, walltime=None, **_):
        self.run.log(self._at(global_step), {tag: scalar_value})

    def add_scalars(self, main_tag, tag_scalar_dict, global_step=None, walltime=None):
        values = {f"{main_tag}/{tag}": value for tag, value in tag_scalar_dict.items()}
        self.run.log(self._at(global_step), values)

    def add_images(self, tag, img_tensor, global_step=None, walltime=None, dataformats="NCHW"):
        if dataformats in ("NCHW", "NHWC"):
            self.run.samples(**{"real" if "real" in tag.lower() else "fake": img_tensor})

    def add_image(self, tag, img_tensor, global_step=None, walltime=None, dataformats="CHW"):
        if dataformats in ("CHW", "HWC", "HW"):
            self.add_images(tag, img_tensor[None], global_step)

    def add_hparams(self, hparam_dict, metric_dict, *_, **__):
        self.run.log(None, dict(metric_dict))

    def flush(self):
        pass

    def close(self):
        self.run.close()

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        self.run.__exit__(kind, error, trace)

    def __getattr__(self, name):
        if name.startswith("add_"):
            return lambda *_, **__: None
        raise AttributeError(name)
