"""The training loops of the comparison in PyTorch: as people write them, and as good as eager mode gets."""

import argparse
import json
import math
import sys
import time
import tomllib

import numpy
import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional

WAYS = ("eager", "tuned", "compiled", "graphed")


class Workload:
    """One of the configs beside this file, as gantop reads it."""

    def __init__(self, path, pixels=None):
        with open(path, "rb") as file:
            config = tomllib.load(file)
        self.batch = config["batch_size"]
        self.data = config["data"]
        self.pixels = pixels
        self.sample = 784 if self.data["kind"] == "idx" else 2
        self.generator = config["generator"]
        self.latent = self.generator["latent"]
        self.critic = config["critic"]
        self.updates = self.critic["steps"]
        self.wasserstein = config["objective"]["kind"] == "wgan"
        self.clip = config["constraint"].get("clip")
        self.penalty = config["constraint"].get("lambda")
        self.optimizer = config["optimizer"]

    def network(self, first, hidden, last, tanh=False):
        widths = [first, *hidden, last]
        layers = []
        for a, b in zip(widths, widths[1:]):
            layers += [nn.Linear(a, b), nn.ReLU()]
        layers.pop()
        return nn.Sequential(*layers, *([nn.Tanh()] if tanh else []))

    def networks(self):
        tanh = self.generator.get("output") == "tanh"
        generator = self.network(self.latent, self.generator["hidden"], self.sample, tanh)
        return generator, self.network(self.sample, self.critic["hidden"], 1)

    def source(self, device):
        """What draws a batch of real samples."""
        kind = self.data["kind"]
        if kind == "idx":
            images = torch.from_numpy(numpy.fromfile(self.pixels, dtype=numpy.uint8, offset=16).copy())
            images = images.view(-1, 784).to(device).float() / 127.5 - 1.0
            return lambda n: images[torch.randint(len(images), (n,), device=device)]
        if kind == "ring":
            modes, radius = self.data.get("modes", 8), self.data.get("radius", 2.0)
            angles = [2 * math.pi * i / modes for i in range(modes)]
            centres = [[radius * math.cos(a), radius * math.sin(a)] for a in angles]
        else:
            side, spacing = self.data["side"], self.data["spacing"]
            at = [spacing * (i - (side - 1) / 2) for i in range(side)]
            centres = [[x, y] for y in at for x in at]
        centres, std = torch.tensor(centres, device=device), self.data.get("std", 0.1)
        return lambda n: centres[torch.randint(len(centres), (n,), device=device)] + std * torch.randn(
            n, 2, device=device
        )


class Chance:
    """Random numbers as a training script draws them."""

    def __init__(self, work, device):
        self.work, self.device = work, device
        self.source = work.source(device)

    def real(self):
        return self.source(self.work.batch)

    def noise(self):
        return torch.randn(self.work.batch, self.work.latent, device=self.device)

    def between(self):
        return torch.rand(self.work.batch, 1, device=self.device)


class Given:
    """The random numbers of a run of gantop, in the order of their use."""

    def __init__(self, work, folder):
        def batches(name, width):
            numbers = numpy.fromfile("%s/%s.f32" % (folder, name), dtype="<f4")
            return iter(torch.from_numpy(numbers).view(-1, work.batch, width))

        self.parts = {"real": work.sample, "noise": work.latent, "between": 1}
        self.parts = {name: batches(name, width) for name, width in self.parts.items()}

    def real(self):
        return next(self.parts["real"])

    def noise(self):
        return next(self.parts["noise"])

    def between(self):
        return next(self.parts["between"])


class Trainer:
    def __init__(self, work, way, chance, device="cpu"):
        self.work, self.way, self.chance = work, way, chance
        self.generator, self.critic = (network.to(device) for network in work.networks())
        tuned = way != "eager"
        graphed = way == "graphed"
        self.generator_optimizer = self.optimizer(self.generator, work.optimizer["generator"], tuned, graphed)
        self.critic_optimizer = self.optimizer(self.critic, work.optimizer["critic"], tuned, graphed)
        self.critic_weights = [weights.data for weights in self.critic.parameters()]
        self.critic_loss = self.critic_loss_together if tuned else self.critic_loss_plain
        self.generator_loss = self.generator_loss_plain
        if way == "compiled":
            self.critic_loss = torch.compile(self.critic_loss)
            self.generator_loss = torch.compile(self.generator_loss)
        if graphed:
            self.capture()

    def capture(self):
        """Records a whole step, its random numbers included, as one CUDA graph, which `step` replays from then on: the
        same work as in the tuned way, in one launch."""
        if not torch.cuda.is_available():
            sys.exit("CUDA graphs need a CUDA device")
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        # What is made once, moments and workspaces, is made before.
        with torch.cuda.stream(stream):
            for _ in range(5):
                self.step()
        torch.cuda.current_stream().wait_stream(stream)
        # The gradients of the recorded step live in the graph's own memory.
        self.critic_optimizer.zero_grad(set_to_none=True)
        self.generator_optimizer.zero_grad(set_to_none=True)
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph):
            losses = self.step()

        def replay():
            self.graph.replay()
            return losses

        self.step = replay

    @staticmethod
    def optimizer(network, config, tuned, capturable=False):
        config = dict(config)
        kind, lr = config.pop("kind"), config.pop("lr")
        if kind == "rmsprop":
            config.update(foreach=True if tuned else None, capturable=capturable)
            return torch.optim.RMSprop(network.parameters(), lr=lr, **config)
        betas = (config.pop("beta1", 0.9), config.pop("beta2", 0.999))
        config.update(fused=True if tuned else None, capturable=capturable)
        return torch.optim.Adam(network.parameters(), lr=lr, betas=betas, **config)

    def load(self, tensors):
        for name, network in (("generator", self.generator), ("critic", self.critic)):
            own = {key.split(".", 1)[1]: value for key, value in tensors.items() if key.startswith(name + ".")}
            network.load_state_dict({key: own[key] for key in network.state_dict()})

    def lost(self, on_real, on_fake):
        if self.work.wasserstein:
            return on_fake.mean() - on_real.mean()
        return functional.softplus(-on_real).mean() + functional.softplus(on_fake).mean()

    def slope(self, real, fake):
        share = self.chance.between()
        points = (share * real + (1 - share) * fake).requires_grad_(True)
        (slopes,) = torch.autograd.grad(self.critic(points).sum(), points, create_graph=True)
        return self.work.penalty * ((slopes.norm(2, dim=1) - 1) ** 2).mean()

    def critic_loss_plain(self, real, noise):
        fake = self.generator(noise).detach()
        loss = self.lost(self.critic(real), self.critic(fake))
        return loss if self.work.penalty is None else loss + self.slope(real, fake)

    def critic_loss_together(self, real, noise):
        with torch.no_grad():
            fake = self.generator(noise)
        loss = self.lost(*self.critic(torch.cat([real, fake])).chunk(2))
        return loss if self.work.penalty is None else loss + self.slope(real, fake)

    def generator_loss_plain(self, noise):
        on_fake = self.critic(self.generator(noise))
        return -on_fake.mean() if self.work.wasserstein else functional.softplus(-on_fake).mean()

    def step(self):
        """One step; both losses, as tensors."""
        for _ in range(self.work.updates):
            self.critic_optimizer.zero_grad()
            critic_loss = self.critic_loss(self.chance.real(), self.chance.noise())
            critic_loss.backward()
            self.critic_optimizer.step()
            if self.work.clip is not None:
                if self.way == "eager":
                    for weights in self.critic.parameters():
                        weights.data.clamp_(-self.work.clip, self.work.clip)
                else:
                    torch._foreach_clamp_min_(self.critic_weights, -self.work.clip)
                    torch._foreach_clamp_max_(self.critic_weights, self.work.clip)
        if self.way != "eager":
            self.critic.requires_grad_(False)
        self.generator_optimizer.zero_grad()
        generator_loss = self.generator_loss(self.chance.noise())
        generator_loss.backward()
        self.generator_optimizer.step()
        if self.way != "eager":
            self.critic.requires_grad_(True)
        return critic_loss.detach(), generator_loss.detach()


def losses(work, folder, steps, shaken=None):
    """Both losses of the first steps, from the weights and random numbers that gantop prepared; where `shaken` is a seed,
    from weights that are each moved by about one rounding."""
    trainer = Trainer(work, "eager", Given(work, folder))
    tensors = load_file(folder + "/start.safetensors")
    if shaken is not None:
        random = torch.Generator().manual_seed(shaken)
        for name, value in tensors.items():
            sign = torch.randint(0, 2, value.shape, generator=random) * 2.0 - 1.0
            tensors[name] = value * (1 + sign * 6e-8)
    trainer.load(tensors)
    return [[float(loss) for loss in trainer.step()] for _ in range(steps)]


def launches(trainer, steps=5):
    """Kernels, copies and fills on the device in a step."""
    trainer.step()
    activities = [torch.profiler.ProfilerActivity.CPU, torch.profiler.ProfilerActivity.CUDA]
    with torch.profiler.profile(activities=activities) as profile:
        for _ in range(steps):
            trainer.step()
        torch.cuda.synchronize()
    cuda = torch.autograd.DeviceType.CUDA
    return sum(1 for event in profile.events() if event.device_type == cuda) / steps


def serve(trainer, device):
    """Reads a number of steps a line, does them, and answers with the seconds."""
    for line in sys.stdin:
        start = time.perf_counter()
        for _ in range(int(line)):
            trainer.step()
        if device != "cpu":
            torch.cuda.synchronize()
        print(time.perf_counter() - start, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("config")
    parser.add_argument("--pixels", help="the IDX file of a workload over images")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--way", choices=WAYS, default="eager")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--losses", metavar="DIR", help="write the losses of ten steps from what gantop prepared")
    parser.add_argument("--launches", action="store_true", help="print the launches on a CUDA device in a step")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    work = Workload(options.config, options.pixels)
    if options.losses:
        runs = [losses(work, options.losses, 10, shaken) for shaken in (None, 1, 2, 3)]
        print(json.dumps(runs))
        return
    trainer = Trainer(work, options.way, Chance(work, options.device), options.device)
    if options.launches:
        print(launches(trainer))
        return
    print("PyTorch %s, %s" % (torch.__version__, options.way), flush=True)
    serve(trainer, options.device)


if __name__ == "__main__":
    main()
