//! What is recorded of every step, and several steps' records as one.

/// One scalar of a step's record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    CriticLoss,
    GeneratorLoss,
    Bound,
    CriticReal,
    CriticFake,
    ScoreReal,
    ScoreFake,
    CriticGradNorm,
    GeneratorGradNorm,
    ClipShare,
    /// The constraint's part of the critic's loss; 0 without one.
    Penalty,
    CriticLr,
    GeneratorLr,
}

impl Metric {
    /// Every metric, in the order of a record and of metrics.csv.
    pub const ALL: [Metric; 13] = [
        Metric::CriticLoss,
        Metric::GeneratorLoss,
        Metric::Bound,
        Metric::CriticReal,
        Metric::CriticFake,
        Metric::ScoreReal,
        Metric::ScoreFake,
        Metric::CriticGradNorm,
        Metric::GeneratorGradNorm,
        Metric::ClipShare,
        Metric::Penalty,
        Metric::CriticLr,
        Metric::GeneratorLr,
    ];
    /// How many there are.
    pub const COUNT: usize = Metric::ALL.len();

    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            Metric::CriticLoss => "critic_loss",
            Metric::GeneratorLoss => "generator_loss",
            Metric::Bound => "bound",
            Metric::CriticReal => "critic_real",
            Metric::CriticFake => "critic_fake",
            Metric::ScoreReal => "score_real",
            Metric::ScoreFake => "score_fake",
            Metric::CriticGradNorm => "critic_grad_norm",
            Metric::GeneratorGradNorm => "generator_grad_norm",
            Metric::ClipShare => "clip_share",
            Metric::Penalty => "penalty",
            Metric::CriticLr => "critic_lr",
            Metric::GeneratorLr => "generator_lr",
        }
    }
}

/// The scalars of one step, indexed by [`Metric`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Metrics(pub [f32; Metric::COUNT]);

impl std::ops::Index<Metric> for Metrics {
    type Output = f32;
    fn index(&self, metric: Metric) -> &f32 {
        &self.0[metric as usize]
    }
}

impl std::ops::IndexMut<Metric> for Metrics {
    fn index_mut(&mut self, metric: Metric) -> &mut f32 {
        &mut self.0[metric as usize]
    }
}

/// One step's record.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepRecord {
    /// The step, counted from 1.
    pub step: u64,
    /// Seconds of training at its end, pauses left out.
    pub seconds: f64,
    pub values: Metrics,
}

/// Several consecutive steps' records as one: extremes kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// First and last step merged.
    pub first: u64,
    pub last: u64,
    /// How many records were merged.
    pub count: u64,
    /// Seconds of training at the end of the last one.
    pub seconds: f64,
    /// Smallest, largest and mean finite value of each metric; NaN where there was none.
    pub min: Metrics,
    pub max: Metrics,
    pub mean: Metrics,
    /// The last record's values.
    pub latest: Metrics,
    /// How many values of each metric were not finite.
    pub non_finite: [u64; Metric::COUNT],
}

impl Span {
    /// The span of a single record.
    pub fn of(record: &StepRecord) -> Span {
        let finite = Metrics(record.values.0.map(|v| if v.is_finite() { v } else { f32::NAN }));
        Span {
            first: record.step,
            last: record.step,
            count: 1,
            seconds: record.seconds,
            min: finite,
            max: finite,
            mean: finite,
            latest: record.values,
            non_finite: record.values.0.map(|v| u64::from(!v.is_finite())),
        }
    }

    /// Takes in the span that follows this one.
    pub fn merge(&mut self, next: &Span) {
        for i in 0..Metric::COUNT {
            let a = self.count.saturating_sub(self.non_finite[i]) as f64;
            let b = next.count.saturating_sub(next.non_finite[i]) as f64;
            // f32::min and max leave out a NaN on either side.
            self.min.0[i] = self.min.0[i].min(next.min.0[i]);
            self.max.0[i] = self.max.0[i].max(next.max.0[i]);
            self.mean.0[i] = match (self.mean.0[i].is_nan(), next.mean.0[i].is_nan()) {
                (true, _) => next.mean.0[i],
                (_, true) => self.mean.0[i],
                _ => ((self.mean.0[i] as f64 * a + next.mean.0[i] as f64 * b) / (a + b)) as f32,
            };
            self.non_finite[i] += next.non_finite[i];
        }
        self.last = next.last;
        self.count += next.count;
        self.seconds = next.seconds;
        self.latest = next.latest;
    }
}
