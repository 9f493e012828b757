"""Samples and names, as they come and as they are sent."""

import unittest

from gantop import _names, _samples

try:
    import numpy
except ImportError:
    numpy = None


class Samples(unittest.TestCase):
    def sent(self, values, **options):
        shape = _samples.Shape(**options)
        made, news = _samples.batch(values, shape)
        self.assertTrue(news)
        return shape.said, made.values

    def test_points_and_images_are_told_apart(self):
        point = {"point": {"dims": 2}}
        self.assertEqual(self.sent([[1, 2], [3, 4.5]]), (point, [1.0, 2.0, 3.0, 4.5]))
        self.assertEqual(self.sent([1.0, 2.0]), ({"point": {"dims": 1}}, [1.0, 2.0]))
        first = [[[[0, 64]], [[128, 192]], [[255, 1]]]]
        shape = {"image": {"width": 2, "height": 1, "channels": 3, "range": "unit"}}
        self.assertEqual(self.sent(first), (shape, bytes([0, 128, 255, 64, 192, 1])))
        last = [[[[0, 128, 255], [64, 192, 1]]]]
        self.assertEqual(self.sent(last, given=(1, 2, 3)), (shape, bytes([0, 128, 255, 64, 192, 1])))
        flat = {"image": {"width": 2, "height": 2, "channels": 1, "range": "signed"}}
        self.assertEqual(self.sent([[-1.0, 0.0, 1.0, float("nan")]], given=(2, 2)), (flat, bytes([0, 128, 255, 0])))
        self.assertEqual(self.sent([[0.0, 0.1, 0.2, 2.0]], given=(2, 2), span=(-1, 1))[1], bytes([128, 140, 153, 255]))

    @unittest.skipUnless(numpy, "NumPy is not installed")
    def test_an_array_is_sent_as_its_lists_are(self):
        rows = numpy.random.default_rng(1).normal(size=(5, 3, 6, 4))
        for values in (rows, rows[:, 0], rows[:, 0, 0], rows[:, :, :2, 0].transpose(0, 2, 1)):
            said, sent = self.sent(values)
            other, plain = self.sent(values.tolist())
            self.assertEqual(said, other)
            if isinstance(sent, bytes):
                # The last bit of a 32-bit float may round another way.
                self.assertEqual(len(sent), len(plain))
                self.assertLessEqual(max(abs(a - b) for a, b in zip(sent, plain)), 1)
            else:
                self.assertEqual(sent, plain)

    @unittest.skipUnless(numpy, "NumPy is not installed")
    def test_what_is_large_is_made_small(self):
        said, sent = self.sent(numpy.zeros((300, 1, 1000, 500), "u1"))
        self.assertEqual((said["image"]["width"], said["image"]["height"]), (125, 250))
        self.assertLessEqual(len(sent), _samples.BYTES)
        said, sent = self.sent(numpy.ones((5000, 2)))
        self.assertEqual(len(sent), 2 * _samples.POINTS)

    def test_what_is_no_sample_is_refused(self):
        for values in ([], [[]], [[[[[[1]]]]]]):
            with self.assertRaises(ValueError):
                _samples.batch(values, _samples.Shape())

    def test_a_histogram_counts_all_values(self):
        made = _samples.histogram("x", [0.0, 1.0, float("nan")], [1.0, float("inf"), 0.5])
        self.assertEqual((sum(made["real"]), sum(made["fake"]), made["outside"]), (2, 2, [1, 1]))
        self.assertEqual(_samples.histogram("x", [], [])["low"], 0.0)
        same = _samples.histogram("x", [1e30], [1e30])
        self.assertGreater(same["high"], same["low"])


class Names(unittest.TestCase):
    def test_what_is_called_so_everywhere_is_gantops_own(self):
        for names, own in ((("d_loss", "loss_D", "loss/d", "errD", "train/loss_disc", "critic_loss"), "critic_loss"),
                           (("g_loss", "Loss/G", "errG", "loss_gen"), "generator_loss"),
                           (("lr_g", "lr/G", "generator_lr"), "generator_lr"), (("gp",), "penalty"),
                           (("fid", "loss", "d_real_acc", "loss_real", "lr", "d", "g", "loss_d_real"), None)):
            for name in names:
                self.assertEqual(_names.own(name), own, name)
        self.assertEqual(_names.key("lr_d"), "optimizer.critic.lr")
        self.assertEqual(_names.key("n_critic"), "critic.steps")
        self.assertIsNone(_names.key("temperature"))

    def test_every_name_becomes_one_that_may_be(self):
        for name in ("", "a b", "\x1b[31m", "x" * 100, "step", "seconds", "ü", "a,b\n"):
            fit = _names.fit(name)
            self.assertRegex(fit, r"\A[A-Za-z0-9_\-./@]{1,64}\Z")
            self.assertNotIn(fit, ("step", "seconds"))


if __name__ == "__main__":
    unittest.main()
