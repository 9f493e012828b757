//! The verdict of a classifier on generated samples: the inception score, the classes that they are of, and how evenly.

use super::Error;

/// The parts that the inception score is usually taken over.
pub const SPLITS: usize = 10;

/// The verdict of a classifier on samples.
#[derive(Clone, Debug, PartialEq)]
pub struct Classes {
    /// exp E KL(p(y|x) ‖ p(y)), the mean over the parts: from 1 to the number of classes.
    pub score: f64,
    /// Its standard deviation over the parts, with their number below.
    pub score_deviation: f64,
    /// The number of samples are of each class, the likeliest one of each.
    pub counts: Vec<u64>,
}

impl Classes {
    /// The verdict in the logits of samples, so many of each; the score over so many parts, one after the other.
    ///
    /// # Errors
    /// No samples, logits that are not whole, or not finite.
    pub fn of(logits: &[f32], classes: usize, splits: usize) -> Result<Classes, Error> {
        if classes == 0 || !logits.len().is_multiple_of(classes) {
            return Err(Error::NotWhole { numbers: logits.len(), dims: classes });
        }
        if let Some(at) = logits.iter().position(|value| !value.is_finite()) {
            let (sample, feature) = (at / classes + 1, at % classes + 1);
            return Err(Error::NotFinite { sample, feature, value: logits[at] });
        }
        let samples = logits.len() / classes;
        if samples == 0 {
            return Err(Error::Few { figure: "the inception score", least: 1, samples });
        }
        let mut counts = vec![0; classes];
        for row in logits.chunks_exact(classes) {
            // The first of equal ones.
            let likeliest = (0..classes).fold(0, |best, k| if row[k] > row[best] { k } else { best });
            counts[likeliest] += 1;
        }
        let splits = splits.clamp(1, samples);
        let place = |split: usize| split * samples / splits * classes;
        let scores: Vec<f64> = (0..splits).map(|i| score(&logits[place(i)..place(i + 1)], classes)).collect();
        let mean = scores.iter().sum::<f64>() / splits as f64;
        let variance = scores.iter().map(|score| (score - mean).powi(2)).sum::<f64>() / splits as f64;
        Ok(Classes { score: mean, score_deviation: variance.sqrt(), counts })
    }

    /// The number of classes that some sample is of.
    pub fn covered(&self) -> usize {
        self.counts.iter().filter(|count| **count > 0).count()
    }

    /// The entropy of the classes' shares, in nats: log of their number where all are as frequent.
    pub fn entropy(&self) -> f64 {
        // Not −0.
        shares(&self.counts).filter(|share| *share > 0.0).map(|share| -share * share.ln()).sum::<f64>().max(0.0)
    }

    /// KL(Q‖P) of the classes' shares Q and those of the data, in nats, P by how many samples of each class there are;
    /// +∞ where there is a class that the data have not.
    pub fn divergence(&self, data: &[u64]) -> f64 {
        let mut data = shares(data).chain(std::iter::repeat(0.0));
        let term = |q: f64| {
            let p = data.next().unwrap_or(0.0);
            if q > 0.0 { q * (q / p).ln() } else { 0.0 }
        };
        shares(&self.counts).map(term).sum::<f64>().max(0.0)
    }
}

/// The share of each.
fn shares(counts: &[u64]) -> impl Iterator<Item = f64> {
    let all = counts.iter().sum::<u64>() as f64;
    counts.iter().map(move |&count| count as f64 / all)
}

/// exp E KL(p(y|x) ‖ p(y)) of the logits of some samples.
fn score(logits: &[f32], classes: usize) -> f64 {
    let samples = (logits.len() / classes) as f64;
    let (mut marginal, mut negative_entropy) = (vec![0.0; classes], 0.0);
    for row in logits.chunks_exact(classes) {
        let largest = f64::from(row.iter().fold(f32::NEG_INFINITY, |largest, value| largest.max(*value)));
        let log_sum = row.iter().map(|value| (f64::from(*value) - largest).exp()).sum::<f64>().ln();
        for (sum, value) in marginal.iter_mut().zip(row) {
            let log = f64::from(*value) - largest - log_sum;
            *sum += log.exp() / samples;
            negative_entropy += log.exp() * log / samples;
        }
    }
    let entropy: f64 = marginal.iter().filter(|p| **p > 0.0).map(|p| -p * p.ln()).sum();
    (negative_entropy + entropy).max(0.0).exp()
}
