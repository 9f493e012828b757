//! The effect of each key of a config, in a sentence.

/// A key, `*` for any name in one place of its path, and what it does. The first that matches counts.
const ABOUT: &[(&str, &str)] = &[
    ("name", "the run's name, on the screen and in the name of its directory"),
    ("seed", "the seed from which every random number of the run derives"),
    ("steps", "steps to train; 0 trains until it is stopped"),
    ("device", "where to train; `\"auto\"` takes the first CUDA device if there is one"),
    ("batch_size", "real samples in one update, and as many generated ones"),
    (
        "micro_batch",
        "samples of each kind that go through the networks at a time; a divisor of `batch_size`, whose gradients are added up. \
         Batch normalisation takes each part for a batch [all]",
    ),
    (
        "threads",
        "threads of a step on the CPU; 0 measures, and takes more than one only where that is at least 15 % faster \
         and the weights come out the same to the bit",
    ),
    (
        "engine",
        "what computes the gradients; `\"auto\"` takes the explicit engine where it knows the constraint and all \
         layers",
    ),
    ("update", "whether the generator answers the updated critic, or both are updated from the same point"),
    ("data.kind", "where real samples come from"),
    ("data.modes", "Gaussians on the circle"),
    ("data.radius", "radius of the circle"),
    ("data.std", "standard deviation of each Gaussian"),
    ("data.side", "Gaussians along one side of the grid"),
    ("data.spacing", "distance between neighbours on the grid"),
    ("data.noise", "standard deviation of the noise around the curve; for the swiss roll before its division by 7.5"),
    ("data.theta", "where the segment stands: it is (θ, U\\[0, 1\\])"),
    ("data.components", "the Gaussians of the mixture, with means of one or two numbers"),
    ("data.path", "where the images are; relative to the config file, or to the current directory in `--set`"),
    ("data.limit", "how many images to use: the first ones, of a folder or an archive evenly spread ones; 0 uses all"),
    ("data.range", "the interval that pixels are mapped to: \\[−1, 1\\] or \\[0, 1\\]"),
    (
        "data.memory",
        "the most that pixels may take in memory; what is larger is read as it is needed [half of the free memory]",
    ),
    ("data.flip", "mirror each sample left to right with probability ½"),
    ("data.labels", "read labels where there are any"),
    ("data.coarse", "take CIFAR-100's 20 superclasses for labels, not its 100 classes"),
    (
        "data.size",
        "scale the square at the centre of each image to this many pixels a side; 0 leaves images as they are, all \
         of one size",
    ),
    ("data.channels", "1 for grey, 3 for colour"),
    ("data.filter", "how images are scaled"),
    ("data.on_bad", "whether files that cannot be used end the start, or are passed over"),
    ("data.array", "the name of the array in the archive; the empty name finds it"),
    ("generator.prior", "the law of the latent noise z: N(0, 1) or U\\[−1, 1\\] in each coordinate"),
    (
        "generator.ema",
        "also keep an average of the generator's weights, with this half-life in images; 10,000 is usual",
    ),
    ("generator.kind", "the architecture of the generator"),
    ("generator.latent", "dimensions of the latent noise z"),
    ("generator.output", "what stands after the last layer"),
    ("critic.kind", "the architecture of the critic"),
    ("*.steps", "updates of this network a step"),
    ("critic.warmup_steps", "how many of the first steps are warm-up steps"),
    ("critic.warmup_updates", "critic updates in a warm-up step"),
    (
        "critic.batches",
        "what `norm = \"batch\"` takes for a batch in a critic: real and generated samples apart, as in DCGAN, or \
         together [apart]",
    ),
    (
        "critic.pack",
        "how many samples of one kind the critic judges together, stacked along their channels; a divisor of `batch_size`, or \
         `micro_batch`",
    ),
    ("critic.down", "how many of the first blocks halve the picture"),
    ("critic.pooling", "what a channel of the last picture becomes"),
    ("*.hidden", "widths of the hidden layers"),
    ("*.activation", "what stands between the layers"),
    ("*.pieces", "linear functions in a maxout unit"),
    ("*.norm", "what normalises the inputs of the activations"),
    ("*.init", "the law of the initial weights"),
    ("*.mean", "what μ starts from, a number a coordinate; 0 where nothing is said"),
    ("*.scale", "what σ starts from, a number a coordinate; 1 where nothing is said"),
    ("*.up", "how the generator doubles a picture"),
    ("*.base", "channels of the largest picture inside; a smaller one has twice as many, up to eight times this"),
    ("*.kernel", "side of the kernels"),
    ("*.widths", "channels, from the smallest picture on in the generator, of each block in the critic"),
    ("objective.kind", "what the two networks play for"),
    ("objective.pi", "π of `js-weighted`"),
    ("objective.alpha", "α of `alpha`"),
    ("objective.head", "how a score becomes a critic value"),
    ("objective.generator_loss", "what the generator descends; `\"auto\"` is the objective's usual one"),
    ("constraint.kind", "what keeps the critic Lipschitz"),
    ("constraint.clip", "the clip range c: every critic weight is clamped to \\[−c, c\\]"),
    ("constraint.lambda", "λ, the weight of the gradient penalty"),
    ("constraint.gamma", "γ, the weight of R1"),
    ("optimizer.*.kind", "the optimiser"),
    ("optimizer.*.lr", "the learning rate"),
    ("optimizer.*.momentum", "momentum"),
    ("optimizer.*.alpha", "decay of the mean square"),
    ("optimizer.*.beta1", "decay of the mean gradient"),
    ("optimizer.*.beta2", "decay of the mean square"),
    ("optimizer.*.eps", "what keeps the optimiser from dividing by zero"),
    ("checkpoint.every_steps", "steps between checkpoints; 0: none by steps"),
    ("checkpoint.every_minutes", "minutes of training between checkpoints; 0: none by time"),
    ("checkpoint.keep", "how many of the latest checkpoints stay; 0: all"),
    ("checkpoint.best", "also keep the best checkpoint by this metric"),
    ("checkpoint.prefer", "whether less or more of that metric is better"),
    (
        "checkpoint.fallback_dir",
        "where checkpoints go that the run directory has no room for; nowhere where nothing is said",
    ),
    ("evaluate.every_steps", "steps between measurements of the samples; 0: only when you ask"),
    ("evaluate.samples", "samples that are generated for it"),
    ("evaluate.against", "the real samples to compare with: those of the run, or others of the same kind at this path"),
    ("evaluate.metrics", "the figures that are wanted: distances, precision and recall, scores of classes"),
    ("evaluate.features.kind", "what gives samples their features"),
    ("evaluate.features.accuracy", "the share of held-back images that the judge must name right"),
    ("evaluate.features.path", "the TorchScript module"),
    ("evaluate.features.channels", "channels of the pictures that the module takes"),
    ("evaluate.features.range", "what their pixels span"),
    ("evaluate.features.size", "scale pictures to this many pixels a side; 0: the module scales them"),
    ("evaluate.features.flags", "what the module takes after the pictures"),
    (
        "evaluate.features.inception",
        "whether it is the Inception network of published figures: only then the \
         distance is called FID",
    ),
    ("record.enabled", "whether the run gets a directory"),
    ("record.dir", "where run directories are made [`runs` in the current directory]"),
    ("record.every", "steps a row of `metrics.csv`; 0 chooses so that a million steps stay below 100 MB"),
    ("record.tensorboard", "write event files for TensorBoard"),
    ("record.snapshot_every", "steps between histograms and pictures for TensorBoard; 0 chooses"),
    ("run.on_hangup", "when the terminal goes away: go on without a screen, or keep a checkpoint and end"),
    ("health.*.enabled", "whether the rule is looked at"),
    ("health.*.threshold", "what the rule compares with"),
    ("health.*.window", "over how many steps it looks"),
    ("health.*.action", "what an alert does besides being shown"),
    (
        "alerts.command",
        "a program and its arguments, started for each alert, unwanted pause and failure; only in your own file or \
         `--set` [none]",
    ),
    ("alerts.every", "the least seconds between two calls of it; what comes meanwhile is reported together [60]"),
    ("alerts.time_limit", "seconds that a call of it may take [10]"),
    ("alerts.desktop", "whether the dashboard asks the terminal for a notification, by OSC 9 or OSC 777 [\"off\"]"),
    ("alerts.bell", "whether the dashboard rings the terminal's bell [false]"),
    ("ui.theme", "the colours of the screen; `\"auto\"` follows the terminal"),
    ("ui.mouse", "whether the mouse works on tabs, charts and lists; the terminal then selects text with Shift"),
    (
        "ui.glyphs",
        "what charts and lines are drawn with; `\"ascii\"` is also for a terminal that gives some characters two cells",
    ),
    ("ui.images", "what draws images; `\"auto\"` asks the terminal"),
    ("schedule", "changes that the run makes by itself: `at` which step, and what to `set`"),
];

/// The effect of a key.
pub fn of(key: &str) -> Option<&'static str> {
    ABOUT.iter().find(|(pattern, _)| matches(pattern, key)).map(|(_, about)| *about)
}

/// Whether a key is meant by a pattern.
pub fn matches(pattern: &str, key: &str) -> bool {
    let (pattern, key) = (pattern.split('.'), key.split('.'));
    pattern.clone().count() == key.clone().count() && pattern.zip(key).all(|(name, part)| name == "*" || name == part)
}

/// The patterns.
#[cfg(test)]
pub fn patterns() -> impl Iterator<Item = &'static str> {
    ABOUT.iter().map(|(pattern, _)| *pattern)
}
