"""A run that is watched and commanded, by clients good and bad."""

import json
import os
import stat

from .support import RunTest, until


def steps(line):
    """The first and last step of each record in a line."""
    if "steps" in line:
        return [(step, step) for step in line["steps"]["step"]]
    return list(zip(line["merged"]["first"], line["merged"]["last"])) if "merged" in line else []


class Serve(RunTest):
    def test_a_loop_is_watched_paused_stepped_changed_and_stopped(self):
        rate, saved = {"lr": 0.5}, []
        run = self.run_of(steps=1_000_000, checkpoint=saved.append)
        run.control("lr_g", lambda: rate["lr"], lambda value: rate.update(lr=value), low=0, high=1, unit="1/s")
        run.control("label", lambda: "a", lambda value: 1 / 0, choices=["a", "b"])
        thread, done = self.loop(run)
        client = self.client(run)
        self.assertEqual(stat.S_IMODE(os.stat(os.path.join(run.path, "socket")).st_mode), 0o600)
        self.assertEqual(client.hello["keys"], ["optimizer.generator.lr"])
        self.assertEqual(client.hello["controls"], [
            {"name": "lr_g", "kind": "number", "low": 0, "high": 1, "unit": "1/s"},
            {"name": "label", "kind": "choice", "choices": ["a", "b"]}])
        started = client.next("started")
        self.assertEqual(started["settings"]["controls"], {"lr_g": 0.5, "label": "a"})
        self.assertEqual(started["config"], {"name": "toy", "steps": 1_000_000})
        paused = client.ask("pause")["events"]
        self.assertEqual([(event["kind"], event["state"], event["reason"]) for event in paused],
                         [("state", "paused", "person")])
        at = len(done)
        self.assertEqual(paused[0]["step"], at)
        event, = client.ask({"set": {"lr_g": 0.25}})["events"]
        self.assertEqual((event["what"], event["old"], event["new"]), ("optimizer.generator.lr", "0.5", "0.25"))
        self.assertEqual((rate["lr"], event["settings"]["generator_lr"]), (0.25, 0.25))
        # By gantop's key, too.
        client.ask({"set": {"optimizer.generator.lr": 0.125}})
        self.assertEqual(rate["lr"], 0.125)
        for wanted, why in (({"lr_g": 2}, "from 0 to 1"), ({"lr_g": "x"}, "a number"), ({"lr_d": 1}, "what can: lr_g"),
                            ({"label": "c"}, "one of a, b"), ({"label": "b"}, "ZeroDivisionError")):
            self.assertIn(why, client.ask({"set": wanted})["refused"])
        client.ask({"advance": 3})
        while client.next("event").get("reason") != "advanced":
            pass
        self.assertEqual(len(done), at + 3)
        event, = client.ask("save")["events"]
        self.assertEqual((event["kind"], event["file"]), ("checkpoint", f"step-{at + 3:09}.pt"))
        self.assertEqual(saved, [os.path.join(run.path, "checkpoints", event["file"])])
        status = client.ask("status")["status"]
        self.assertEqual((status["state"], status["step"], status["watchers"]), ("paused", at + 3, 1))
        client.ask("resume")
        until("more steps", lambda: len(done) > at + 10)
        client.say({"command": {"id": 99, "do": "stop"}})
        self.assertTrue(client.next("finished")["stopped"])
        self.assertEqual(client.next("answer")["id"], 99)
        self.assertIsNone(client.hear())
        thread.join()
        kinds = [event["kind"] for event in self.journal(run.path)]
        self.assertEqual(kinds, ["started", "state", "applied", "applied", "state", "state", "checkpoint", "state",
                                 "ended"])
        self.assertEqual(json.loads(self.file(run.path, "summary.json"))["state"], "stopped")
        self.assertEqual(self.said(), [])

    def test_who_comes_late_has_the_whole_past_in_order_and_a_new_metric_begins_it_anew(self):
        run = self.run_of()
        run.step()
        for step in range(1, 30_001):
            run.log(step, d_loss=1.0 if step != 7 else -50.0)
            if step % 5_000 == 0:
                run.step()
                until("rows", lambda: not run._queue)
        run.step()
        client = self.client(run)
        client.next("started")
        past = []
        while not past or past[-1][1] < 30_000:
            line = client.hear()
            past += steps(line)
            # A spike is in the figures however old it is.
            if "merged" in line and line["merged"]["first"][0] == 1:
                self.assertEqual(line["merged"]["min"]["critic_loss"][0], -50.0)
        self.assertEqual(past[0][0], 1)
        self.assertTrue(all(two[0] == one[1] + 1 for one, two in zip(past, past[1:])))
        self.assertLess(len(past), 4096)
        run.log(30_001, d_loss=1.0, fid=3.5)
        run.step()
        self.assertEqual([info["name"] for info in client.next("started")["metrics"]], ["fid"])
        self.assertEqual(client.next("steps")["occasional"], {"fid": [[30_001, 3.5]]})

    def test_a_run_that_starts_paused_waits_before_its_first_step(self):
        run = self.run_of(paused=True)
        run.control("fixed", lambda: 1)
        _, done = self.loop(run)
        client = self.client(run)
        self.assertEqual((client.hello["controls"], client.hello["keys"]), ([], []))
        event = client.next("event")
        self.assertEqual((event["state"], event["reason"], event["step"]), ("paused", "start", 0))
        self.assertEqual(done, [])
        client.ask({"advance": 2})
        while client.next("event").get("reason") != "advanced":
            pass
        self.assertEqual(done, [1, 2])

    def test_samples_come_when_they_are_asked_for(self):
        run = self.run_of()
        calls = []

        def fake():
            calls.append(1)
            return [[[0.0, 1.0], [0.5, len(calls)]]]

        run.samples(real=[[[0.0, 1.0], [1.0, 0.0]]], fake=fake)
        self.loop(run)
        client = self.client(run)
        client.next("started")
        self.assertEqual(calls, [])
        client.say({"command": {"id": 1, "do": {"snapshot": {"samples": 8, "weights": False}}}})
        # The shape of samples is news: it is told what the run is again.
        image = client.next("started")["shape"]["image"]
        self.assertEqual(image, {"width": 2, "height": 2, "channels": 1, "range": "unit"})
        snapshot = client.next("snapshot")
        self.assertEqual((snapshot["real"], snapshot["fake"]), ({"bytes": "AP//AA==", "low": 0, "high": 1}, {"bytes": "AP+A/w==", "low": 0, "high": 1}))
        self.assertEqual(client.next("answer")["id"], 1)
        self.assertEqual(len(calls), 1)

    def test_no_client_hurts_a_run(self):
        run = self.run_of()
        thread, done = self.loop(run)
        silent = self.client(run, hello=False)
        for data in (b"GET / HTTP/1.1\r\n\r\n", b"x" * 70_000, b'{"hello":{"version":9}}\n', b"[" * 60_000 + b"\n",
                     b'{"command":{"id":1,"do":"stop"}}\n'):
            client = self.client(run, hello=False)
            client.write(data)
            self.assertIn("why", client.next("refused"))
            self.assertIsNone(client.hear())
        client = self.client(run, watch=False)
        for line in ("{}", "1", '{"command":{"id":-1,"do":"stop"}}', '{"later":{}}', '{"hello":{"version":1}}'):
            client.write(line.encode() + b"\n")
            client.next("refused")
        for do in ("later", {"set": 1}, {"set": {}}, {"advance": -1}, {"advance": True}, [], {"a": 1, "b": 2}, None):
            self.assertIn("refused", client.ask(do))
        reader = self.client(run, watch=False, read_only=True)
        self.assertIn("read-only", reader.ask("stop")["refused"])
        self.assertEqual(reader.ask("status")["status"]["state"], "running")
        # One that goes in the middle of its line.
        half = self.client(run)
        half.write(b'{"command":')
        half.close()
        crowd = [self.client(run) for _ in range(29)]
        self.assertEqual(len(crowd), 29)
        from .support import Client
        with self.assertRaises(KeyError):
            Client(run.path)
        at = len(done)
        until("more steps", lambda: len(done) > at + 5)
        self.assertEqual(client.ask("stop")["events"][0]["outcome"], "stopped")
        thread.join()
        self.assertEqual(self.said(), [])
        silent.close()

    def test_who_does_not_read_is_not_waited_for_and_then_told_anew(self):
        run = self.run_of()
        run.step()
        run.log(1, d_loss=1.0)
        run.step()
        client = self.client(run)
        client.next("started")
        # More than the system holds for a connection, of which nothing is read meanwhile.
        for step in range(2, 60_000):
            run.log(step, {f"m{at}": at / 3 + step for at in range(12)}, d_loss=1.0)
            if step % 2_000 == 0:
                run.step()
                until("the thread", lambda: len(run._queue) < 100)
        run.log(60_000, d_loss=1.0)
        run.step()
        last, news = 0, 0
        while last < 60_000:
            line = client.hear()
            if "started" in line:
                last, news = 0, news + 1
            for first, last_of in steps(line):
                self.assertGreater(first, last)
                last = last_of
        self.assertGreaterEqual(news, 1)
