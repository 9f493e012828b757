"""The adapters: by what they touch of each library, and with the library where it is installed."""

import json
import os
import types
import unittest

# Before anything imports Keras.
os.environ.setdefault("KERAS_BACKEND", "torch")

from gantop.huggingface import GantopCallback as HuggingFace
from gantop.keras import GantopCallback as Keras
from gantop.lightning import GantopCallback as Lightning
from gantop.lightning import GantopLogger
from gantop.writer import SummaryWriter

from .support import RunTest

try:
    import torch
except ImportError:
    torch = None
try:
    import lightning
except ImportError:
    lightning = None
try:
    import transformers
except ImportError:
    transformers = None
try:
    import keras
except ImportError:
    keras = None


class Optimizer:
    def __init__(self, rate):
        self.param_groups = [{"lr": rate}, {"lr": rate * 10}]


class Adapters(RunTest):
    def recorded(self):
        """The columns and rows of the one run in the folder, and its summary."""
        name, = os.listdir(self.folder)
        path = os.path.join(self.folder, name)
        header, *rows = self.file(path, "metrics.csv").splitlines()
        return header.split(",")[2:], [row.split(",") for row in rows], json.loads(self.file(path, "summary.json"))

    def test_lightning_counts_batches_and_stops(self):
        callback = Lightning("gan", directory=self.folder)
        optimizers = [Optimizer(0.5), Optimizer(0.25)]
        trainer = types.SimpleNamespace(optimizers=optimizers, callback_metrics={}, should_stop=False, global_step=0)
        callback.on_train_start(trainer, None)
        self.assertEqual(sorted(callback.run._controls), ["lr_d", "lr_g"])
        callback.run._controls["lr_g"].set(0.125)
        self.assertEqual([group["lr"] for group in optimizers[0].param_groups], [0.125, 1.25])
        for batch in range(3):
            # Two optimisers' steps.
            trainer.global_step += 2
            trainer.callback_metrics = {"d_loss": 0.5, "g_loss": 1.5, "text": "x"}
            callback.on_train_batch_end(trainer, None, None, None, batch)
        trainer.callback_metrics = {"fid": 31.5}
        callback.on_validation_end(trainer, None)
        self.assertFalse(trainer.should_stop)
        callback.run._stop = True
        callback.on_train_batch_end(trainer, None, None, None, 3)
        self.assertTrue(trainer.should_stop)
        callback.on_train_end(trainer, None)
        self.assertIsNone(callback.run)
        columns, rows, summary = self.recorded()
        self.assertEqual((columns, [row[0] for row in rows]), (["critic_loss", "generator_loss", "fid"], list("1234")))
        self.assertEqual((rows[2][4], summary["state"]), ("31.5", "stopped"))
        self.assertEqual(self.said(), [])

    def test_a_logger_counts_generator_steps(self):
        logger = GantopLogger("gan", directory=self.folder, optimizers=2)
        logger.log_hyperparams({"batch": 64})
        for step in (2, 4, 6):
            logger.log_metrics({"d_loss": step, "epoch": 0}, step)
        logger.finalize("success")
        columns, rows, summary = self.recorded()
        self.assertEqual((columns, [row[0] for row in rows], summary["state"]), (["critic_loss"], list("123"), "finished"))

    def test_hugging_face_is_shown_and_stopped(self):
        callback = HuggingFace("lm", directory=self.folder)
        state = types.SimpleNamespace(global_step=0, max_steps=9)
        control = types.SimpleNamespace(should_training_stop=False)
        callback.on_train_begin(types.SimpleNamespace(), state, control, optimizer=Optimizer(0.5))
        self.assertEqual((callback.run.steps, list(callback.run._controls)), (9, ["lr"]))
        for step in (1, 2):
            state.global_step = step
            callback.on_step_end(None, state, control)
            callback.on_log(None, state, control, logs={"loss": 1.0 / step, "epoch": 0.5})
        callback.run._stop = True
        callback.on_step_end(None, state, control)
        self.assertTrue(control.should_training_stop)
        callback.on_train_end(None, state, control)
        columns, rows, _ = self.recorded()
        self.assertEqual((columns, len(rows)), (["loss", "epoch"], 2))

    def test_keras_counts_batches_and_stops(self):
        callback = Keras("gan", directory=self.folder)
        model = types.SimpleNamespace(g_optimizer=types.SimpleNamespace(learning_rate=0.5),
                                      d_optimizer=types.SimpleNamespace(learning_rate=0.25), stop_training=False)
        callback.set_model(model) if hasattr(callback, "set_model") else setattr(callback, "model", model)
        callback.on_train_begin()
        callback.run._controls["lr_d"].set(0.125)
        self.assertEqual(model.d_optimizer.learning_rate, 0.125)
        callback.on_train_batch_end(0, {"d_loss": 0.5})
        callback.on_epoch_end(0, {"d_loss": 0.5, "val_fid": 3})
        callback.run._stop = True
        callback.on_train_batch_end(1, {"d_loss": 0.25})
        self.assertTrue(model.stop_training)
        callback.on_train_end()
        columns, rows, _ = self.recorded()
        self.assertEqual((columns, [row[2:] for row in rows]), (["critic_loss", "val_fid"], [["0.5", "3"], ["0.25", ""]]))

    def test_a_summary_writer_is_a_run(self):
        with SummaryWriter("logs/gan", directory=self.folder, every=2) as writer:
            writer.add_scalar("Loss/D", 0.5, 2)
            writer.add_scalars("acc", {"real": 0.75, "fake": 0.25}, 2)
            writer.add_scalar("Loss/D", 0.25, 4)
            writer.add_histogram("weights", [1, 2], 4)
            writer.add_images("fakes", [[[[0.0]]]], 4)
            with self.assertRaises(AttributeError):
                writer.later
        columns, rows, _ = self.recorded()
        self.assertEqual(columns, ["critic_loss", "acc/real", "acc/fake"])
        self.assertEqual([row[:1] + row[2:] for row in rows], [["1", "0.5", "0.75", "0.25"], ["2", "0.25", "", ""]])

    @unittest.skipUnless(torch and lightning, "Lightning is not installed")
    def test_the_real_lightning_trains_a_gan(self):
        class Gan(lightning.LightningModule):
            def __init__(self):
                super().__init__()
                self.automatic_optimization = False
                self.nets = torch.nn.ModuleList([torch.nn.Linear(1, 1), torch.nn.Linear(1, 1)])

            def configure_optimizers(self):
                return [torch.optim.SGD(net.parameters(), lr=0.1) for net in self.nets]

            def training_step(self, batch, _):
                for name, net, optimizer in zip(("g_loss", "d_loss"), self.nets, self.optimizers()):
                    loss = net(batch[0]).pow(2).mean()
                    optimizer.zero_grad()
                    self.manual_backward(loss)
                    optimizer.step()
                    self.log(name, loss)

        data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.ones(8, 1)), batch_size=2)
        callback = Lightning("gan", directory=self.folder)
        trainer = lightning.Trainer(max_epochs=1, callbacks=[callback], logger=False, enable_checkpointing=False,
                                    enable_progress_bar=False, enable_model_summary=False, accelerator="cpu")
        trainer.fit(Gan(), data)
        self.assertEqual(trainer.global_step, 8)
        columns, rows, summary = self.recorded()
        self.assertEqual((sorted(columns), [row[0] for row in rows]), (["critic_loss", "generator_loss"], list("1234")))
        self.assertEqual(summary["state"], "finished")

    @unittest.skipUnless(torch and transformers, "Transformers is not installed")
    def test_the_real_hugging_face_trains(self):
        class Model(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.net = torch.nn.Linear(1, 1)

            def forward(self, x):
                return {"loss": self.net(x).pow(2).mean()}

        args = transformers.TrainingArguments(
            output_dir=os.path.join(self.folder, "out"), max_steps=4, per_device_train_batch_size=2, logging_steps=1,
            report_to=[], save_strategy="no", use_cpu=True, disable_tqdm=True, remove_unused_columns=False)
        data = [{"x": torch.ones(1)} for _ in range(16)]
        runs = os.path.join(self.folder, "runs")
        transformers.Trainer(model=Model(), args=args, train_dataset=data,
                             callbacks=[HuggingFace("lm", directory=runs)]).train()
        self.folder = runs
        columns, rows, summary = self.recorded()
        self.assertIn("loss", columns)
        self.assertEqual(([row[0] for row in rows][:4], summary["state"]), (list("1234"), "finished"))

    @unittest.skipUnless(keras, "Keras is not installed")
    def test_the_real_keras_trains(self):
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        model.compile(optimizer=keras.optimizers.SGD(0.5), loss="mse")
        data = keras.ops.ones((8, 1))
        callback = Keras("gan", directory=self.folder)
        seen = []
        watch = keras.callbacks.LambdaCallback(on_train_batch_end=lambda *_, **__: seen.append(callback.run._controls["lr"].value))
        model.fit(data, data, batch_size=2, verbose=0, callbacks=[callback, watch])
        self.assertEqual(seen, [0.5] * 4)
        columns, rows, _ = self.recorded()
        self.assertEqual((columns, len(rows)), (["loss"], 4))
