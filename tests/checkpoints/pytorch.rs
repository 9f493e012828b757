//! A step from a checkpoint, done again by PyTorch. Skipped, with the reason, where there is no Python with torch and
//! safetensors: `GANTOP_PYTHON` names one, else it is `python3`.

use std::process::Command;

use gantop::domain::seed::{self, Rng, Stream};
use rand::Rng as _;

use super::*;
use crate::support::idx::{squares, write};

const IMAGES: usize = 30;
const BATCH: usize = 8;
const LATENT: usize = 4;

const SCRIPT: &str = r#"
import json, sys
import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import load_file
torch.set_num_threads(1)
before, after = load_file(sys.argv[1]), load_file(sys.argv[2])
batches = {name: torch.tensor(values) for name, values in json.load(open(sys.argv[3])).items()}
with safe_open(sys.argv[1], framework="pt") as file:
    metadata = file.metadata()

def parameters(player):
    names = [name for name in before if name.startswith(player + ".")]
    # As in a Sequential: by the module's place, the weight before the bias.
    names.sort(key=lambda name: (int(name.split(".")[1]), name.endswith("bias")))
    return {name: before[name].clone().requires_grad_() for name in names}

def layers(params):
    modules = {}
    for name, value in params.items():
        modules.setdefault(int(name.split(".")[1]), []).append(value)
    return list(modules.values())

def norm(x, scale, shift):
    return F.batch_norm(x, None, None, scale, shift, training=True)

def generate(params, z):
    first, *rest = layers(params)
    x = F.linear(z, *first)
    channels = rest[0][0].numel()
    side = int((x.shape[1] // channels) ** 0.5)
    x = x.view(-1, channels, side, side)
    for layer in rest:
        x = F.relu(norm(x, *layer)) if layer[0].dim() == 1 else F.conv_transpose2d(x, *layer, stride=2, padding=1)
    return torch.tanh(x)

def score(params, x):
    *body, last = layers(params)
    for i, layer in enumerate(body):
        x = norm(x, *layer) if layer[0].dim() == 1 else F.conv2d(x, *layer, stride=2, padding=1)
        normed = i + 1 < len(body) and body[i + 1][0].dim() == 1
        x = x if normed else F.leaky_relu(x, 0.2)
    return F.linear(x.flatten(1), *last)

def adam(player, params):
    optimizer = torch.optim.Adam(params.values(), lr=2e-3, betas=(0.5, 0.999), eps=1e-8)
    moments = [before[f"optimizer.{player}.moment{row}"] for row in (1, 2)]
    at = 0
    for value in params.values():
        mean, square = (moment[at:at + value.numel()].view_as(value).clone() for moment in moments)
        step = torch.tensor(float(metadata[f"{player}_updates"]))
        optimizer.state[value] = {"step": step, "exp_avg": mean, "exp_avg_sq": square}
        at += value.numel()
    return optimizer

generator, critic = parameters("generator"), parameters("critic")
of_generator, of_critic = adam("generator", generator), adam("critic", critic)
real = batches["real"].view(-1, 1, 8, 8)
loss = F.softplus(-score(critic, real)).mean() + F.softplus(score(critic, generate(generator, batches["first"]).detach())).mean()
loss.backward()
of_critic.step()
of_generator.zero_grad()
F.softplus(-score(critic, generate(generator, batches["second"]))).mean().backward()
of_generator.step()
moved = max((value - before[name]).abs().max().item() for name, value in {**generator, **critic}.items())
apart = max((value - after[name]).abs().max().item() for name, value in {**generator, **critic}.items())
print(json.dumps({"moved": moved, "apart": apart, "tensors": len(generator) + len(critic)}))
"#;

/// A Python with torch, or why there is none.
fn python() -> Result<PathBuf, String> {
    let python = PathBuf::from(std::env::var_os("GANTOP_PYTHON").unwrap_or("python3".into()));
    let output = Command::new(&python).args(["-c", "import torch, safetensors.torch"]).output();
    let output = output.map_err(|error| format!("{}: {error}", python.display()))?;
    let why = || String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or_default().to_owned();
    if output.status.success() { Ok(python) } else { Err(why()) }
}

#[test]
fn pytorch_does_the_same_step_from_a_checkpoint() {
    let python = match python() {
        Ok(python) => python,
        Err(why) => return println!("skipped: no Python with torch: {why}"),
    };
    let folder = tempfile::tempdir().unwrap();
    let bytes = squares(IMAGES as u32);
    let path = format!("data.path={}", write(folder.path(), "images", &bytes).display());
    let run = folder.path().join("run");
    let adam = "{kind='adam', lr=2e-3, beta1=0.5, beta2=0.999, eps=1e-8}";
    let optimizer = format!("optimizer={{generator={adam}, critic={adam}}}");
    let sets = [
        path.as_str(),
        &optimizer,
        "threads=1",
        "batch_size=8",
        "generator={latent=4, base=4, prior='uniform'}",
        "critic={base=4, steps=1}",
        "objective={kind='gan', generator_loss='non-saturating'}",
        "checkpoint={every_steps=1, keep=0}",
    ];
    train(&["mnist-dcgan", "--steps", "4", "--run-dir", text(&run)], &sets);

    // The batches of step 4.
    let seed = newest(&run).info.config.seed;
    let mut data = seed::rng(seed, Stream::Data, 4);
    let image = |index: usize| bytes[16 + 64 * index..][..64].iter().map(|&byte| f32::from(byte) / 127.5 - 1.0);
    let real: Vec<f32> = (0..BATCH).flat_map(|_| image(data.gen_range(0..IMAGES))).collect();
    let mut noise = seed::rng(seed, Stream::Noise, 4);
    let rows = |rng: &mut Rng| -> Vec<Vec<f32>> {
        (0..BATCH).map(|_| (0..LATENT).map(|_| rng.gen_range(-1.0..=1.0)).collect()).collect()
    };
    let (first, second) = (rows(&mut noise), rows(&mut noise));
    let batches = folder.path().join("batches.json");
    let json = serde_json::json!({ "real": real, "first": first, "second": second });
    std::fs::write(&batches, json.to_string()).unwrap();
    let step = |step: u64| run.join("checkpoints").join(format!("step-{step:09}.safetensors"));
    let output =
        Command::new(python).args(["-c", SCRIPT, text(&step(3)), text(&step(4)), text(&batches)]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let (moved, apart) = (told["moved"].as_f64().unwrap(), told["apart"].as_f64().unwrap());
    assert!(moved > 1e-3 && apart < 1e-5, "{told}");
}
