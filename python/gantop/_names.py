"""Names of metrics: those of gantop's own for what is called so everywhere, and names that a line may hold."""

import re

# gantop's own metrics; they come with every step.
OWN = ("critic_loss", "generator_loss", "bound", "critic_real", "critic_fake", "score_real", "score_fake",
       "critic_grad_norm", "generator_grad_norm", "clip_share", "penalty", "critic_lr", "generator_lr")

# The most metrics that may be declared besides, and the most bytes of a name, as docs/protocol.md has it.
MOST_DECLARED = 64
MOST_BYTES = 64

_CRITIC = {"d", "dis", "disc", "discriminator", "critic", "netd"}
_GENERATOR = {"g", "gen", "generator", "netg"}
_WHOLE = {"errd": "critic_loss", "errg": "generator_loss", "lossd": "critic_loss", "lossg": "generator_loss",
          "dloss": "critic_loss", "gloss": "generator_loss", "d_x": "critic_real", "d(x)": "critic_real",
          "d_g_z": "critic_fake", "d_g_z1": "critic_fake", "d(g(z))": "critic_fake", "gp": "penalty",
          "gradient_penalty": "penalty", "wasserstein": "bound", "wasserstein_distance": "bound",
          "w_distance": "bound", "w_dist": "bound", "em_distance": "bound"}
# The keys of gantop's config that a control with such a name stands for.
_KEYS = {"generator_lr": "optimizer.generator.lr", "critic_lr": "optimizer.critic.lr"}
_COUNTS = {"critic_steps", "n_critic", "critic_iters", "d_steps", "critic.steps"}


def own(name):
    """The metric of gantop's that is called `name` in many programs, as `d_loss` or `loss/G`; None if there is none."""
    plain = name.lower()
    if plain in OWN:
        return plain
    if plain in _WHOLE:
        return _WHOLE[plain]
    words = [word for word in re.split(r"[\s_/.\-]+", plain) if word]
    words = [word for word in words if word not in ("train", "training")] if len(words) > 2 else words
    if len(words) != 2:
        return None
    for what, metric in (("loss", "loss"), ("lr", "lr"), ("learning", None)):
        if what in words and metric:
            other = words[1 - words.index(what)]
            if other in _CRITIC:
                return "critic_" + metric
            if other in _GENERATOR:
                return "generator_" + metric
    return None


def key(name):
    """The key of gantop's config that a control of this name stands for; None if there is none."""
    if name in _KEYS.values():
        return name
    if name.lower() in _COUNTS:
        return "critic.steps"
    return _KEYS.get(own(name))


def fit(name):
    """The name as a line and a file may hold it: letters, digits and a few signs."""
    plain = re.sub(r"[^A-Za-z0-9_\-./@]", "_", str(name))[:MOST_BYTES] or "_"
    return plain + "_" if plain in ("step", "seconds") else plain


def shown(text):
    """A text that a person is to read, without what a terminal would obey and not longer than may be."""
    text = "".join(c for c in str(text) if c.isprintable())
    return text.encode("utf-8", "ignore")[:MOST_BYTES].decode("utf-8", "ignore")
