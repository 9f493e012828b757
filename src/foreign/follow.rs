//! Whether a file is still the one that was read so far, with more behind it: trainers exchange, cut and rewrite
//! theirs.

use std::path::{Path, PathBuf};

use crate::system::files::{self, Stamp};

/// The bytes at the beginning that are compared: of a table its header, which is written anew when columns come.
const BEGINNING: usize = 512;

/// A file that is followed.
#[derive(Debug)]
pub struct Followed {
    path: PathBuf,
    stamp: Option<Stamp>,
    beginning: Vec<u8>,
}

/// The change of a file since it was looked at last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Became {
    /// Nothing, as far as the system tells.
    Same,
    /// There is more, or something, of it.
    Grown,
    /// It is another file, or what was read of it is no longer there.
    Another,
}

impl Followed {
    pub fn new(path: &Path) -> Followed {
        Followed { path: path.to_owned(), stamp: None, beginning: Vec::new() }
    }

    /// Looks at the file. One that is gone for the moment is the same.
    pub fn look(&mut self) -> Became {
        let Ok(now) = files::stamp(&self.path) else { return Became::Same };
        let before = self.stamp.replace(now);
        if before == Some(now) {
            return Became::Same;
        }
        let beginning = files::beginning(&self.path, BEGINNING).unwrap_or_default();
        let known = std::mem::replace(&mut self.beginning, beginning);
        match before {
            None => Became::Grown,
            Some(before)
                if before.identity != now.identity
                    || now.length < before.length
                    || !self.beginning.starts_with(&known) =>
            {
                Became::Another
            }
            Some(_) => Became::Grown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_grows_or_is_another() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.csv");
        let mut file = Followed::new(&path);
        assert_eq!(file.look(), Became::Same);
        for (text, became) in [
            ("a,b\n", Became::Grown),
            ("a,b\n1,2\n", Became::Grown),
            // The header is another, however long the file is.
            ("a,b,c\n1,2,\n3,4,5\n", Became::Another),
            ("a,b,c\n1,2,\n", Became::Another),
        ] {
            std::fs::write(&path, text).unwrap();
            assert_eq!((file.look(), file.look()), (became, Became::Same), "{text:?}");
        }
        let other = dir.path().join("y.csv");
        std::fs::write(&other, "a,b,c\n1,2,\n3,4,5\n6,7,8\n").unwrap();
        std::fs::rename(&other, &path).unwrap();
        assert_eq!(file.look(), Became::Another);
        std::fs::remove_file(&path).unwrap();
        assert_eq!(file.look(), Became::Same);
    }
}
