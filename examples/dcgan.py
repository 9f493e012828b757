"""PyTorch's DCGAN tutorial in small, made steerable by gantop: the lines that end in `# gantop` are all it takes.

    pip install ./python torch          from a checkout of gantop
    python3 examples/dcgan.py           in one terminal
    gantop attach                       in another, in the same directory

Without `--mnist` it learns discs, squares and crosses that it draws itself.
"""

import argparse
import gzip

import torch
from torch import nn

import gantop  # gantop


def generator(latent, width):
    """From noise to an image of 32 by 32."""
    def block(inputs, outputs, stride, padding):
        return [nn.ConvTranspose2d(inputs, outputs, 4, stride, padding, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(True)]

    return nn.Sequential(*block(latent, width * 4, 1, 0), *block(width * 4, width * 2, 2, 1), *block(width * 2, width, 2, 1),
                         nn.ConvTranspose2d(width, 1, 4, 2, 1, bias=False), nn.Tanh())


def discriminator(width):
    """From an image of 32 by 32 to a logit."""
    def block(inputs, outputs):
        return [nn.Conv2d(inputs, outputs, 4, 2, 1, bias=False), nn.BatchNorm2d(outputs), nn.LeakyReLU(0.2, True)]

    return nn.Sequential(nn.Conv2d(1, width, 4, 2, 1, bias=False), nn.LeakyReLU(0.2, True), *block(width, width * 2),
                         *block(width * 2, width * 4), nn.Conv2d(width * 4, 1, 4, 1, 0, bias=False), nn.Flatten(0))


def initialise(module):
    if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)
        nn.init.zeros_(module.bias)


def drawn(count):
    """Images of one shape each: a disc, a square or a cross, somewhere, in [-1, 1]."""
    rows, columns = torch.meshgrid(torch.arange(32.0), torch.arange(32.0), indexing="ij")
    size = 4 + 6 * torch.rand(count, 1, 1)
    y, x = [rows_or_columns - 10 - 12 * torch.rand(count, 1, 1) for rows_or_columns in (rows, columns)]
    square = torch.maximum(x.abs(), y.abs()) < size
    cross = square & (torch.minimum(x.abs(), y.abs()) < size / 3)
    shapes = torch.stack([x * x + y * y < size * size, square, cross])
    return shapes[torch.randint(3, (count,)), torch.arange(count)].float().unsqueeze(1) * 2 - 1


def mnist(path):
    """The images of an IDX file, compressed or not, with a margin of 2."""
    with (gzip.open if path.endswith(".gz") else open)(path, "rb") as file:
        pixels = torch.frombuffer(bytearray(file.read())[16:], dtype=torch.uint8)
    return nn.functional.pad(pixels.view(-1, 1, 28, 28).float() / 127.5 - 1, (2, 2, 2, 2), value=-1.0)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mnist", help="an IDX file of images in place of drawn shapes")
    parser.add_argument("--steps", type=int, default=20000)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--width", type=int, default=32)
    parser.add_argument("--latent", type=int, default=64)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    data = mnist(args.mnist) if args.mnist else drawn(10000)
    nets = generator(args.latent, args.width).to(device), discriminator(args.width).to(device)
    net_g, net_d = (net.apply(initialise) for net in nets)
    opt_g, opt_d = (torch.optim.Adam(net.parameters(), lr=2e-4, betas=(0.5, 0.999)) for net in (net_g, net_d))
    loss = nn.BCEWithLogitsLoss()
    ones, zeros = torch.ones(args.batch, device=device), torch.zeros(args.batch, device=device)
    fixed = torch.randn(64, args.latent, 1, 1, device=device)
    smooth = {"real": 1.0}

    with gantop.Run("dcgan", vars(args), steps=args.steps, objective="gan",  # gantop
                    checkpoint=lambda path: torch.save([net.state_dict() for net in (net_g, net_d)], path)) as run:  # gantop
        run.control("lr_g", opt_g, low=0, high=0.1)  # gantop
        run.control("lr_d", opt_d, low=0, high=0.1)  # gantop
        run.control("real_label", lambda: smooth["real"], lambda value: smooth.update(real=value), low=0.5, high=1)  # gantop
        run.samples(real=data[:64], fake=lambda: net_g(fixed))  # gantop
        step = 0
        while step < args.steps and run.step():  # gantop
            real = data[torch.randint(len(data), (args.batch,))].to(device)
            fake = net_g(torch.randn(args.batch, args.latent, 1, 1, device=device))
            on_real, on_fake = net_d(real), net_d(fake.detach())
            d_loss = loss(on_real, ones * smooth["real"]) + loss(on_fake, zeros)
            opt_d.zero_grad()
            d_loss.backward()
            opt_d.step()
            g_loss = loss(net_d(fake), ones)
            opt_g.zero_grad()
            g_loss.backward()
            opt_g.step()
            step += 1
            run.log(step, d_loss=d_loss, g_loss=g_loss, D_x=on_real.sigmoid().mean(), D_G_z=on_fake.sigmoid().mean())  # gantop


if __name__ == "__main__":
    main()
