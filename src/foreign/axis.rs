//! The names of a record that say when it was: its step, its time, and whether it is of training or of an evaluation.

/// Names of a step, the best first.
const STEPS: [&str; 18] = [
    "step",
    "global_step",
    "total_steps",
    "iteration",
    "iterations",
    "iter",
    "iters",
    "itr",
    "it",
    "n_iter",
    "update",
    "num_updates",
    "kimg",
    "nimg",
    "cur_nimg",
    "batch",
    "epoch",
    "epochs",
];
/// The words that may stand before the name of a step.
const BEFORE: [&str; 4] = ["trainer", "train", "progress", "global"];
/// Names of a time, in seconds since 1970 or since the start.
const TIMES: [&str; 9] = [
    "timestamp",
    "_timestamp",
    "wall_time",
    "seconds",
    "elapsed",
    "elapsed_time",
    "total_time",
    "relative_time",
    "timing/total_sec",
];
/// Names of what a record is of.
const SPLITS: [&str; 6] = ["split", "phase", "mode", "stage", "subset", "partition"];
/// Seconds since 1970 from which on a `time` is one: 1973. What is less is how long something took.
const SINCE_1970: f64 = 1e8;

/// The rank of this name as one for the step, 0 the best; none if it is not one.
pub fn rank_of_step(name: &str) -> Option<usize> {
    let name = name.trim().to_lowercase();
    let (before, last) = name.rsplit_once('/').unwrap_or(("", &name));
    let fits = before.is_empty() || BEFORE.contains(&before);
    STEPS.iter().position(|step| *step == last).filter(|_| fits)
}

/// Whether this is the time of a record.
pub fn is_time(name: &str, value: f64) -> bool {
    let name = name.trim().to_lowercase();
    TIMES.contains(&name.as_str()) || name == "time" && value > SINCE_1970
}

/// Whether the name is of what a record is of, as training or evaluation.
pub fn is_split(name: &str) -> bool {
    SPLITS.contains(&name.trim().to_lowercase().as_str())
}

/// A number as a step: the nearest whole one that is not negative; none for what is no number.
pub fn step(value: f64) -> Option<u64> {
    // Larger ones come out as the largest.
    value.is_finite().then(|| value.round().max(0.0) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_and_times_are_known_by_name() {
        let rank = |name| rank_of_step(name);
        assert!(rank("step") < rank("Epoch") && rank("trainer/global_step") < rank("Progress/kimg"));
        assert!(rank("loss/step").is_none() && rank("steps_per_second").is_none() && rank(" Iter ").is_some());
        assert!(is_time("timestamp", 3.0) && is_time("time", 1.7e9) && !is_time("time", 0.3) && !is_time("loss", 2e9));
        assert_eq!([-1.0, 1.5, 1e30, f64::NAN].map(step), [Some(0), Some(2), Some(u64::MAX), None]);
    }
}
