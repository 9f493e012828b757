"""What a run leaves on the disk, and what goes wrong there."""

import json
import os
import stat
import subprocess
import sys

from .support import RunTest, until


class Record(RunTest):
    def rows(self, path):
        header, *rows = self.file(path, "metrics.csv").splitlines()
        return header.split(","), [row.split(",") for row in rows]

    def test_a_run_leaves_its_files_in_the_layout_of_gantop(self):
        with self.run_of("a b/ü", config={"batch": 64, "odd": object}, steps=9) as run:
            path = run.path
            run.log(1, d_loss=0.25, g_loss=float("nan"), fid=31.5)
            run.log(2, d_loss=0.5, g_loss=float("inf"))
            run.log(2, {"loss/D real": -1e300})
            run.log(3)
            run.log(3, {"d_loss": 0.75})
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o700)
        self.assertTrue(os.path.basename(path).endswith("-a-b-ü"))
        header, rows = self.rows(path)
        self.assertEqual(header, ["step", "seconds", "critic_loss", "generator_loss", "fid", "loss/D_real"])
        self.assertEqual([row[:1] + row[2:] for row in rows], [
            ["1", "0.25", "nan", "31.5", ""], ["2", "0.5", "inf", "", "-inf"], ["3", "0.75", "inf", "", ""]])
        self.assertIn('name = "a b/ü"\nsteps = 9\n', self.file(path, "config.toml"))
        self.assertEqual(json.loads(self.file(path, "config.json"))["batch"], 64)
        kinds = [(event["kind"], event["step"]) for event in self.journal(path)]
        self.assertEqual(kinds, [("started", 0), ("ended", 3)])
        summary = json.loads(self.file(path, "summary.json"))
        self.assertEqual((summary["state"], summary["steps"], summary["rows"]), ("finished", 3, 3))
        self.assertEqual(summary["metrics"]["generator_loss"], None)
        self.assertFalse(os.path.exists(os.path.join(path, "socket")))
        self.assertEqual(self.said(), [])

    def test_a_metric_that_comes_late_gets_a_column_of_its_own(self):
        run = self.run_of()
        path = run.path
        run.step()
        for step in range(1, 40):
            run.log(step, d_loss=step)
            run.step()
        until("rows", lambda: os.path.exists(os.path.join(path, "metrics.csv")) and len(self.rows(path)[1]) == 39)
        run.log(40, d_loss=40, fid=3)
        # Of a step that is over: it stands in the next row.
        run.step()
        until("a column", lambda: "fid" in self.rows(path)[0])
        run.log(39, fid=2)
        run.log(41, d_loss=41)
        run.log(17, d_loss=1)
        run.close()
        header, rows = self.rows(path)
        self.assertEqual(header[2:], ["critic_loss", "fid"])
        self.assertEqual([row[0] for row in rows], [str(step) for step in range(1, 42)])
        self.assertEqual([row[3] for row in rows[37:]], ["", "", "3", "2"])
        self.assertEqual(len(self.said()), 1)
        self.assertIn("steps must rise", self.said()[0])

    def test_too_many_metrics_and_what_is_no_number_are_said_once_and_left_out(self):
        with self.run_of() as run:
            path = run.path
            for step in range(1, 4):
                run.log(step, {f"m{at}": at for at in range(500)})
            run.log(4, {"m1": "a text", "\x1b[31m": 1.0}, m2=[1, 2])
            run.log(-1, m1=1.0)
        header, rows = self.rows(path)
        self.assertEqual((len(header), len(rows)), (2 + 64, 4))
        self.assertNotIn("\x1b", self.file(path, "metrics.csv"))
        said = " | ".join(self.said())
        for text in ("at most 64 metrics", "log: m1", "log: m2", "step -1"):
            self.assertIn(text, said)
        self.assertEqual(len(self.said()), 4)

    def test_nothing_raises_into_training_where_nothing_can_be_written(self):
        file = os.path.join(self.folder, "file")
        open(file, "w", encoding="utf-8").close()
        from gantop import Run
        with Run("x", directory=os.path.join(file, "below")) as run:
            self.assertTrue(run.step())
            run.log(1, d_loss=0.5)
            run.samples(fake=[[0.0]])
            run.critic(real=[1], fake=[2])
            run.control("lr", lambda: 1.0, lambda _: None)
        self.assertEqual((run.path, len(self.said())), (None, 1))

    def test_a_broken_loop_and_a_stopped_one_end_so(self):
        for error, state, why in ((ValueError("no\nmemory"), "failed", "ValueError: no"),
                                  (KeyboardInterrupt(), "stopped", None)):
            with self.assertRaises(type(error)):
                with self.run_of() as run:
                    path = run.path
                    run.log(7, d_loss=1.0)
                    raise error
            summary = json.loads(self.file(path, "summary.json"))
            self.assertEqual((summary["state"], summary["why"], summary["steps"]), (state, why, 7))

    def script(self, text, code=0, **environment):
        """Runs a program of its own, whose run is in the test's folder; gives the run's directories."""
        root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        environment = {**os.environ, "PYTHONPATH": root, "GANTOP_RUNS": self.folder, **environment}
        done = subprocess.run([sys.executable, "-c", "import gantop, os, pickle\n" + text], env=environment, timeout=60,
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, code, done.stderr)
        self.error = done.stderr
        return [os.path.join(self.folder, name) for name in sorted(os.listdir(self.folder))]

    def test_a_run_that_nobody_closes_ends_with_the_interpreter(self):
        path, = self.script("run = gantop.Run()\nrun.log(3, d_loss=1)")
        self.assertEqual(json.loads(self.file(path, "summary.json"))["state"], "finished")

    def test_a_run_that_nobody_closes_fails_with_the_interpreter(self):
        path, = self.script("run = gantop.Run()\nrun.log(3, d_loss=1)\n1/0", code=1)
        summary = json.loads(self.file(path, "summary.json"))
        self.assertEqual((summary["state"], summary["why"]), ("failed", "ZeroDivisionError: division by zero"))

    def test_copies_in_other_processes_do_nothing(self):
        path, = self.script(
            "run = gantop.Run()\nrun.log(1, d_loss=1)\n"
            "copy = pickle.loads(pickle.dumps(run))\ncopy.log(5, d_loss=5)\nassert copy.step() and copy.path is None\n"
            "child = os.fork()\n"
            "if child == 0:\n    run.log(2, d_loss=2)\n    assert run.step()\n    run.close()\n    os._exit(0)\n"
            "assert os.waitpid(child, 0)[1] == 0\nrun.log(3, d_loss=3)\nrun.close()")
        self.assertEqual([row[0] for row in self.rows(path)[1]], ["1", "3"])

    def test_it_can_be_turned_off_and_runs_in_the_first_rank_alone(self):
        text = "run = gantop.Run()\nassert run.step()\nrun.log(1, d_loss=1)"
        self.assertEqual(self.script(text, GANTOP="off"), [])
        self.assertEqual(self.script(text, RANK="3"), [])
        self.assertEqual(len(self.script(text, RANK="0")), 1)

    def test_warnings_that_are_errors_do_not_raise_either(self):
        self.script("import warnings\nwarnings.simplefilter('error')\nrun = gantop.Run()\nrun.log(1, d_loss='x')")
        self.assertIn("gantop: log: d_loss", self.error)
