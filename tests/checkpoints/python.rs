//! What Python reads of a checkpoint. Skipped, with the reason, where there is no Python with safetensors to be had.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::*;

/// How long making the environment may take.
const PYTHON_TIMEOUT: Duration = Duration::from_secs(90);

/// A Python with safetensors and numpy, in a virtual environment in `folder`; or why there is none.
fn python(folder: &Path) -> Result<PathBuf, String> {
    let run = |program: &Path, args: &[&str]| {
        let mut child = Command::new(program)
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("{}: {error}", program.display()))?;
        let start = Instant::now();
        loop {
            match child.try_wait().map_err(|error| error.to_string())? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => return Err(format!("{} {}: {status}", program.display(), args.join(" "))),
                None if start.elapsed() > PYTHON_TIMEOUT => {
                    let _ = child.kill();
                    let _ = child.wait();
                    return Err(format!("{} takes too long", args.join(" ")));
                }
                None => std::thread::sleep(Duration::from_millis(20)),
            }
        }
    };
    let system = PathBuf::from("python3");
    if run(&system, &["-c", "import safetensors.numpy"]).is_ok() {
        return Ok(system);
    }
    let venv = folder.join("venv");
    run(&system, &["-m", "venv", text(&venv)])?;
    let pip = ["-m", "pip", "install", "--quiet", "--retries", "0", "--timeout", "5", "numpy", "safetensors"];
    let python = venv.join("bin/python");
    run(&python, &pip)?;
    Ok(python)
}

const SCRIPT: &str = r#"
import json, struct, sys
from safetensors import safe_open
from safetensors.numpy import load_file
import numpy as np
tensors = load_file(sys.argv[1])
with safe_open(sys.argv[1], framework="numpy") as file:
    metadata = file.metadata()
x = np.array([[0.25, -1.5]], dtype=np.float32)
# torch.nn.Sequential(Linear(2, 8), ReLU(), Linear(8, 1)) would do this with the same names.
h = np.maximum(x @ tensors["critic.0.weight"].T + tensors["critic.0.bias"], 0)
score = h @ tensors["critic.2.weight"].T + tensors["critic.2.bias"]
print(json.dumps({
    "shapes": {name: list(tensor.shape) for name, tensor in tensors.items()},
    "score": float(score[0, 0]),
    "step": int(metadata["step"]),
    "objective": metadata["objective"],
}))
"#;

#[test]
fn python_reads_both_networks_by_their_names() {
    let folder = tempfile::tempdir().unwrap();
    let python = match python(folder.path()) {
        Ok(python) => python,
        Err(why) => return println!("skipped: no Python with safetensors: {why}"),
    };
    let run = folder.path().join("run");
    train(&["--steps", "5", "--run-dir", text(&run)], &[&TINY[..], &["objective.kind='gan'"]].concat());
    let file = files(&run).remove(0);
    let output = Command::new(python).args(["-c", SCRIPT, text(&file)]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&told["step"], &told["objective"]), (&5.into(), &"gan".into()));
    let ours = checkpoint::read(&file).unwrap();
    let shapes: serde_json::Map<_, _> =
        ours.tensors.iter().map(|tensor| (tensor.name.clone(), tensor.shape.clone().into())).collect();
    assert_eq!(told["shapes"], serde_json::Value::Object(shapes));
    let of = |name: &str| &ours.tensor(name).unwrap().values;
    let (w, b, v, c) = (of("critic.0.weight"), of("critic.0.bias"), of("critic.2.weight"), of("critic.2.bias"));
    let unit = |i: usize| (w[2 * i] * 0.25 - w[2 * i + 1] * 1.5 + b[i]).max(0.0) * v[i];
    let score = (0..8).map(unit).sum::<f32>() + c[0];
    assert!((told["score"].as_f64().unwrap() - f64::from(score)).abs() < 1e-5);
}
