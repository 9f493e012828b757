//! The digest of a content, as a short text: equal only where the contents are.

use sha2::{Digest as _, Sha256};

/// A digest that is being made.
#[derive(Clone, Default)]
pub struct Digest(Sha256);

impl Digest {
    /// Of this kind of thing.
    pub fn of(kind: &str) -> Digest {
        let mut digest = Digest::default();
        digest.text(kind);
        digest
    }

    /// Takes in a text, as one of its own.
    pub fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// Takes in bytes, as a part of their own.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
    }

    /// Takes in a whole number.
    pub fn number(&mut self, number: usize) {
        self.0.update((number as u64).to_le_bytes());
    }

    /// Takes in numbers.
    pub fn floats(&mut self, numbers: &[f32]) {
        let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        self.bytes(&bytes);
    }

    /// The digest: 32 hexadecimal digits.
    pub fn finish(self) -> String {
        self.0.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }
}
