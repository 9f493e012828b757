//! The configs that are built into the program: the files of `configs/`.

/// A config that is built in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    /// Its name: the file's without `.toml`.
    pub name: &'static str,
    /// Its TOML.
    pub text: &'static str,
}

/// The preset that is used where none is named.
pub const DEFAULT: &str = "ring";

/// Every preset, in the order in which they are shown.
pub const ALL: [Preset; 19] = [
    Preset { name: "ring", text: include_str!("../../configs/ring.toml") },
    Preset { name: "ring-gan", text: include_str!("../../configs/ring-gan.toml") },
    Preset { name: "ring-hinge", text: include_str!("../../configs/ring-hinge.toml") },
    Preset { name: "grid", text: include_str!("../../configs/grid.toml") },
    Preset { name: "grid-wgan-gp", text: include_str!("../../configs/grid-wgan-gp.toml") },
    Preset { name: "swiss-roll", text: include_str!("../../configs/swiss-roll.toml") },
    Preset { name: "moons", text: include_str!("../../configs/moons.toml") },
    Preset { name: "checkerboard", text: include_str!("../../configs/checkerboard.toml") },
    Preset { name: "lines", text: include_str!("../../configs/lines.toml") },
    Preset { name: "two-gaussians", text: include_str!("../../configs/two-gaussians.toml") },
    Preset { name: "fgan-univariate", text: include_str!("../../configs/fgan-univariate.toml") },
    Preset { name: "mass-covering", text: include_str!("../../configs/mass-covering.toml") },
    Preset { name: "mode-seeking", text: include_str!("../../configs/mode-seeking.toml") },
    Preset { name: "mnist-wgan", text: include_str!("../../configs/mnist-wgan.toml") },
    Preset { name: "mnist-dcgan", text: include_str!("../../configs/mnist-dcgan.toml") },
    Preset { name: "cifar-dcgan", text: include_str!("../../configs/cifar-dcgan.toml") },
    Preset { name: "cifar-sngan", text: include_str!("../../configs/cifar-sngan.toml") },
    Preset { name: "cifar-wgan-gp", text: include_str!("../../configs/cifar-wgan-gp.toml") },
    Preset { name: "folder-dcgan", text: include_str!("../../configs/folder-dcgan.toml") },
];

/// The preset called `name`.
pub fn find(name: &str) -> Option<&'static Preset> {
    ALL.iter().find(|preset| preset.name == name)
}

impl Preset {
    /// The description on one line: the first line of its file, a comment.
    pub fn about(&self) -> &'static str {
        self.text.lines().next().unwrap_or_default().trim_start_matches('#').trim()
    }
}
