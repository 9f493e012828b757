//! A trainer that trains nothing: it plays reports and records commands. And reports to play.

#![allow(dead_code)] // Each of the tests that share this uses a part of it.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use gantop::config::*;
use gantop::distance::modes::Mode;
use gantop::link::*;
use gantop::terminal::Event;
use gantop::ui::app::App;
use gantop::ui::update::{Effect, update};
use gantop::ui::{Message, Options, Screen};
use ratatui::backend::TestBackend;
use ratatui::layout::Size;
use ratatui::{Frame, Terminal};

/// The settings that runs start with here.
pub fn settings() -> Settings {
    Settings {
        objective: Objective { kind: "wgan".into(), head: Head::LogRatio, generator_loss: GeneratorLoss::Auto },
        constraint: Constraint::Clip { clip: 0.05 },
        generator_lr: 5e-5,
        critic_lr: 5e-5,
        critic_steps: 5,
    }
}

/// A run of 20,000 steps on this data.
pub fn run(name: &str, data: Data, shape: SampleShape) -> RunInfo {
    let settings = settings();
    let optimizer = Optimizer::Rmsprop { lr: 5e-5, alpha: 0.99, eps: 1e-8 };
    let config = Config {
        name: name.into(),
        seed: 1,
        steps: 20_000,
        device: DeviceChoice::Auto,
        batch_size: 256,
        threads: 0,
        update: Update::Alternating,
        data,
        generator: Generator::Mlp {
            latent: 2,
            prior: Prior::Normal,
            hidden: vec![64, 64],
            activation: Activation::Relu,
            output: Output::Linear,
        },
        critic: Critic {
            kind: CriticKind::Mlp,
            hidden: vec![64, 64],
            activation: Activation::Relu,
            steps: 5,
            warmup_steps: 25,
            warmup_updates: 100,
        },
        objective: settings.objective.clone(),
        constraint: settings.constraint,
        optimizer: Optimizers { generator: optimizer, critic: optimizer },
        record: Record { every: 0 },
    };
    RunInfo {
        config,
        device: "cpu".into(),
        threads: 2,
        threads_why: "fastest of 1 and 2".into(),
        shape,
        modes: (0..8).map(|i| Mode { mean: ring_mode(i).to_vec(), std: 0.02 }).collect(),
        generator_weights: 4482,
        critic_weights: 4417,
        settings,
    }
}

fn ring_mode(i: usize) -> [f64; 2] {
    let angle = i as f64 / 8.0 * std::f64::consts::TAU;
    [angle.cos() * 2.0, angle.sin() * 2.0]
}

pub fn ring() -> RunInfo {
    run("ring", Data::Ring { modes: 8, radius: 2.0, std: 0.02 }, SampleShape::Point { dims: 2 })
}

pub fn mixture() -> RunInfo {
    let component = |weight, mean, std| Component { weight, mean: vec![mean], std };
    let components = vec![component(0.33, -1.0, 0.25), component(0.67, 2.0, 1.41)];
    run("mixture", Data::Mixture { components }, SampleShape::Point { dims: 1 })
}

pub fn digits() -> RunInfo {
    let data = Data::Idx { path: PathBuf::from("mnist"), limit: 0, range: PixelRange::Signed };
    run("mnist-wgan", data, SampleShape::Image { width: 28, height: 28, channels: 1 })
}

/// A number from 0 to 1 that looks random and is always the same.
pub fn noise(i: u64) -> f64 {
    gantop::seed::derive(3, gantop::seed::Stream::Noise, i) as f64 / u64::MAX as f64
}

/// Records of the steps `first..=last` at 400 steps a second: a bound that falls, noisy losses.
pub fn records(first: u64, last: u64) -> Vec<StepRecord> {
    (first..=last)
        .map(|step| {
            let t = step as f64;
            let bound = 0.08 + 0.9 * (-t / 1500.0).exp() + 0.06 * (noise(step) - 0.5);
            let fake = -0.3 - 0.2 * (t / 700.0).sin() + 0.05 * (noise(step + 1_000_000) - 0.5);
            let mut values = Metrics([0.0; Metric::COUNT]);
            values[Metric::CriticLoss] = -bound as f32;
            values[Metric::GeneratorLoss] = -fake as f32;
            values[Metric::Bound] = bound as f32;
            values[Metric::CriticReal] = (fake + bound) as f32;
            values[Metric::CriticFake] = fake as f32;
            values[Metric::CriticGradNorm] = (0.8 + 0.3 * noise(step)) as f32;
            values[Metric::GeneratorGradNorm] = (0.2 + 0.1 * noise(step + 7)) as f32;
            values[Metric::ClipShare] = 0.632;
            values[Metric::CriticLr] = 5e-5;
            values[Metric::GeneratorLr] = 5e-5;
            StepRecord { step, seconds: t / 400.0, values }
        })
        .collect()
}

fn histogram(
    label: &str,
    low: f32,
    high: f32,
    real: impl Iterator<Item = f64>,
    fake: impl Iterator<Item = f64>,
) -> PairedHistogram {
    let mut outside = [0; 2];
    let mut bins = |which: usize, values: &mut dyn Iterator<Item = f64>| {
        let mut bins = vec![0u32; 64];
        for value in values {
            let share = (value - low as f64) / (high - low) as f64;
            if (0.0..1.0).contains(&share) { bins[(share * 64.0) as usize] += 1 } else { outside[which] += 1 }
        }
        bins
    };
    let (mut real, mut fake) = (real, fake);
    let (real, fake) = (bins(0, &mut real), bins(1, &mut fake));
    PairedHistogram { label: label.into(), low, high, real, fake, outside }
}

fn normal(i: u64) -> f64 {
    (0..12).map(|k| noise(i * 12 + k + 50_000_000)).sum::<f64>() - 6.0
}

/// A snapshot of a ring whose generated samples reach seven of eight modes.
pub fn ring_snapshot(step: u64) -> Snapshot {
    let point = |i: u64, modes: u64, spread: f64, seed: u64| {
        let [x, y] = ring_mode((i % modes) as usize);
        [(x + spread * normal(2 * i + seed)) as f32, (y + spread * normal(2 * i + 1 + seed)) as f32]
    };
    let real: Vec<f32> = (0..1000).flat_map(|i| point(i, 8, 0.05, 0)).collect();
    let fake: Vec<f32> = (0..1000).flat_map(|i| point(i, 7, 0.15, 9000)).collect();
    let axis = |values: &[f32], axis: usize| {
        values.iter().skip(axis).step_by(2).map(|&v| v as f64).collect::<Vec<_>>().into_iter()
    };
    let critic = |shift: f64| (0..1000).map(move |i| shift + 0.3 * normal(i + 77_000));
    Snapshot {
        step,
        shape: SampleShape::Point { dims: 2 },
        critic: histogram("critic value", -1.5, 1.5, critic(0.3), critic(-0.3)),
        values: vec![
            histogram("x", -3.0, 3.0, axis(&real, 0), axis(&fake, 0)),
            histogram("y", -3.0, 3.0, axis(&real, 1), axis(&fake, 1)),
        ],
        real,
        fake,
    }
}

pub fn mixture_snapshot(step: u64) -> Snapshot {
    let real: Vec<f32> = (0..1000)
        .map(|i| if noise(i) < 0.33 { -1.0 + 0.25 * normal(i) } else { 2.0 + 1.41 * normal(i) } as f32)
        .collect();
    let fake: Vec<f32> = (0..1000).map(|i| (1.0 + 1.8 * normal(i + 5000)) as f32).collect();
    let wide = |values: &[f32]| values.iter().map(|&v| v as f64).collect::<Vec<_>>().into_iter();
    let critic = |shift: f64| (0..1000).map(move |i| shift + 0.3 * normal(i + 77_000));
    Snapshot {
        step,
        shape: SampleShape::Point { dims: 1 },
        critic: histogram("critic value", -1.5, 1.5, critic(0.1), critic(-0.1)),
        values: vec![histogram("x", -5.0, 7.0, wide(&real), wide(&fake))],
        real,
        fake,
    }
}

/// A snapshot of `count` images: rings and bars that could be digits.
pub fn digits_snapshot(step: u64, count: usize) -> Snapshot {
    let image = |i: usize| {
        let (radius, bar) = (5.0 + (i % 4) as f64, i.is_multiple_of(3));
        (0..28 * 28).map(move |p| {
            let (x, y) = ((p % 28) as f64 - 13.5, (p / 28) as f64 - 13.5);
            let ring = ((x * 1.4).hypot(y) - radius).abs();
            let distance = if bar { x.abs().max(y.abs() - radius) } else { ring };
            (1.0 - distance / 1.5).clamp(-1.0, 1.0) as f32
        })
    };
    let fake: Vec<f32> = (0..count).flat_map(image).collect();
    let pixels = |values: &[f32]| values.iter().map(|&v| v as f64 * 0.999).collect::<Vec<_>>().into_iter();
    let critic = |shift: f64| (0..1000).map(move |i| shift + 0.3 * normal(i + 77_000));
    Snapshot {
        step,
        shape: SampleShape::Image { width: 28, height: 28, channels: 1 },
        critic: histogram("critic value", -1.5, 1.5, critic(0.5), critic(-0.5)),
        values: vec![histogram("pixel", -1.0, 1.0, pixels(&fake), pixels(&fake))],
        real: fake.clone(),
        fake,
    }
}

pub fn applied(step: u64, what: &'static str, old: &str, new: &str, note: Option<&str>) -> Report {
    Report::Applied(Applied {
        step,
        what,
        old: old.into(),
        new: new.into(),
        note: note.map(str::to_string),
        settings: settings(),
    })
}

pub fn state(step: u64, state: RunState, why: Option<&str>) -> Report {
    Report::State(StateChange { step, state, why: why.map(str::to_string) })
}

pub fn summary(steps: u64, stopped: bool) -> Summary {
    Summary { steps, seconds: steps as f64 / 400.0, metrics: None, stopped, device: "cpu".into(), threads: 2 }
}

pub fn key(code: KeyCode) -> KeyEvent {
    KeyEvent::new(code, KeyModifiers::NONE)
}

pub fn ctrl(c: char) -> KeyEvent {
    KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL)
}

/// A dashboard without an event loop: messages in, effects and text out.
pub struct Stage {
    pub app: App,
    pub effects: Vec<Effect>,
}

impl Stage {
    pub fn new(options: Options) -> Stage {
        Stage { app: App::new(options), effects: Vec::new() }
    }

    pub fn message(&mut self, message: Message) -> &mut Stage {
        self.effects.extend(update(&mut self.app, message));
        self
    }

    pub fn report(&mut self, report: Report) -> &mut Stage {
        self.message(Message::Report(report))
    }

    pub fn press(&mut self, keys: &str) -> &mut Stage {
        for c in keys.chars() {
            let code = match c {
                '\n' => KeyCode::Enter,
                '\t' => KeyCode::Tab,
                '\u{1b}' => KeyCode::Esc,
                '↓' => KeyCode::Down,
                '↑' => KeyCode::Up,
                c => KeyCode::Char(c),
            };
            self.message(Message::Key(key(code)));
        }
        self
    }

    /// The screen as text, without blanks at the ends of lines.
    pub fn text(&mut self, width: u16, height: u16) -> String {
        self.message(Message::Drawn(Size::new(width, height)));
        text(&self.terminal(width, height))
    }

    pub fn terminal(&self, width: u16, height: u16) -> Terminal<TestBackend> {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| gantop::ui::view::draw(&self.app, frame)).unwrap();
        terminal
    }
}

/// What a terminal shows, without blanks at the ends of lines.
pub fn text(terminal: &Terminal<TestBackend>) -> String {
    let buffer = terminal.backend().buffer();
    let area = buffer.area;
    let line = |y| {
        let line: String = (0..area.width).map(|x| buffer[(x, y)].symbol()).collect();
        line.trim_end().to_string()
    };
    (0..area.height).map(line).collect::<Vec<_>>().join("\n")
}

/// A screen for the event loop that keeps what it shows.
pub struct TestScreen {
    pub terminal: Terminal<TestBackend>,
    pub draws: usize,
    pub clears: usize,
    pub suspends: usize,
    /// Where each drawn frame goes as text.
    pub frames: Option<Sender<String>>,
}

impl TestScreen {
    pub fn new(width: u16, height: u16) -> TestScreen {
        let terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        TestScreen { terminal, draws: 0, clears: 0, suspends: 0, frames: None }
    }
}

impl Screen for TestScreen {
    fn draw(&mut self, view: &mut dyn FnMut(&mut Frame)) -> std::io::Result<()> {
        self.terminal.draw(|frame| view(frame)).unwrap();
        self.draws += 1;
        if let Some(frames) = &self.frames {
            let _ = frames.send(text(&self.terminal));
        }
        Ok(())
    }

    fn clear(&mut self) -> std::io::Result<()> {
        self.clears += 1;
        self.terminal.clear().unwrap();
        Ok(())
    }

    fn suspend(&mut self) -> std::io::Result<()> {
        self.suspends += 1;
        Ok(())
    }
}

/// A trainer's end of the channels that answers nothing by itself.
pub struct ScriptedTrainer {
    pub end: TrainerEnd,
    pub keys: Sender<Event>,
    pub frames: Receiver<String>,
    /// The commands received so far, snapshots left out.
    pub commands: Vec<Command>,
    pub snapshots: usize,
}

impl ScriptedTrainer {
    pub fn report(&self, report: Report) {
        self.end.reports.send_timeout(report, Duration::from_secs(5)).unwrap();
    }

    pub fn press(&self, keys: &str) {
        for c in keys.chars() {
            let code = match c {
                '\n' => KeyCode::Enter,
                '\t' => KeyCode::Tab,
                '\u{1b}' => KeyCode::Esc,
                '↓' => KeyCode::Down,
                c => KeyCode::Char(c),
            };
            self.event(Event::Key(key(code)));
        }
    }

    pub fn event(&self, event: Event) {
        self.keys.send(event).unwrap();
    }

    /// The next command that is not for a snapshot.
    pub fn command(&mut self) -> Command {
        loop {
            match self.end.commands.recv_timeout(Duration::from_secs(5)).expect("a command") {
                Command::Snapshot(_) => self.snapshots += 1,
                command => {
                    self.commands.push(command.clone());
                    return command;
                }
            }
        }
    }

    /// Waits until the screen shows `text`.
    pub fn sees(&self, text: &str) -> String {
        let deadline = Instant::now() + Duration::from_secs(5);
        let mut last = String::new();
        while let Some(left) = deadline.checked_duration_since(Instant::now()) {
            match self.frames.recv_timeout(left) {
                Ok(frame) if frame.contains(text) => return frame,
                Ok(frame) => last = frame,
                Err(_) => break,
            }
        }
        panic!("the screen never showed “{text}”; at last:\n{last}");
    }
}
