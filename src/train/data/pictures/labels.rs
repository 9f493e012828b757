//! The classes of images: from the folders that they lie in, or from the list that StyleGAN's tool writes.

use std::collections::{BTreeSet, HashMap};

use serde::Deserialize;

use super::error::Problem;
use super::survey::Survey;

/// The name of the list, which lies beside the folders.
pub const FILE: &str = "dataset.json";
/// The largest list that is read: 256 MiB.
pub const MOST_BYTES: u64 = 1 << 28;

/// The list: a name and a label each, or nothing.
#[derive(Deserialize)]
struct List {
    labels: Option<Vec<(String, Label)>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Label {
    Class(u16),
    /// Numbers that are no class, such as attributes.
    Other(serde::de::IgnoredAny),
}

/// The source of the classes of images.
pub enum Rule {
    /// Nobody wants them, or there are none.
    Nothing,
    Folders,
    /// Each file's by its name.
    List(HashMap<String, u16>),
    /// There are none, though somebody might expect them, and why.
    Unusable(&'static str),
}

impl Rule {
    /// The rule where there is the list `json`, or none.
    ///
    /// # Errors
    /// The list cannot be read.
    pub fn new(json: Option<&[u8]>) -> Result<Rule, Problem> {
        let Some(json) = json else { return Ok(Rule::Folders) };
        let list: List = serde_json::from_slice(json).map_err(|why| Problem::Json(why.to_string()))?;
        let Some(list) = list.labels else { return Ok(Rule::Nothing) };
        let mut by_name = HashMap::with_capacity(list.len());
        for (name, label) in list {
            match label {
                Label::Class(class) => by_name.insert(name, class),
                Label::Other(_) => return Ok(Rule::Unusable("those of dataset.json are no classes")),
            };
        }
        Ok(Rule::List(by_name))
    }

    /// The class of each of these files, if each has one. Why there are none is noted where somebody might expect them.
    pub fn of(&self, names: &[&str], survey: &mut Survey) -> Option<Vec<u16>> {
        match self {
            Rule::Nothing => None,
            Rule::Folders => by_folder(names, survey),
            Rule::Unusable(why) => {
                survey.unlabelled = Some(why);
                None
            }
            Rule::List(list) => {
                let labels: Option<Vec<u16>> = names.iter().map(|name| list.get(*name).copied()).collect();
                if labels.is_none() {
                    survey.unlabelled = Some("dataset.json has none of some images");
                }
                labels
            }
        }
    }
}

/// The class of each file: that of the first folder of its name which tells some apart, among those in order.
fn by_folder(names: &[&str], survey: &mut Survey) -> Option<Vec<u16>> {
    let folder = |name: &'_ str, skipped: usize| name[skipped..].split_once('/').map(|(folder, _)| folder.to_owned());
    let mut skipped = 0;
    // A folder that all lie in tells nothing apart; what lies in it may.
    let folders = loop {
        let folders: BTreeSet<Option<String>> = names.iter().map(|name| folder(name, skipped)).collect();
        match folders.first() {
            Some(Some(only)) if folders.len() == 1 => skipped += only.len() + 1,
            _ => break folders,
        }
    };
    if folders.len() < 2 {
        return None;
    }
    let folders: Option<Vec<String>> = folders.into_iter().collect();
    let Some(folders) = folders else {
        survey.unlabelled = Some("some images lie outside the folders of classes");
        return None;
    };
    let class = |name: &&str| folders.binary_search(&folder(name, skipped)?).ok().and_then(|at| u16::try_from(at).ok());
    let labels = names.iter().map(class).collect::<Option<Vec<u16>>>();
    match labels {
        Some(_) => survey.classes = folders,
        None => survey.unlabelled = Some("there are more folders than 65,536 classes"),
    }
    labels
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labelled(names: &[&str], json: Option<&str>) -> (Option<Vec<u16>>, Survey) {
        let mut survey = Survey::default();
        let labels = Rule::new(json.map(str::as_bytes)).expect("a list").of(names, &mut survey);
        (labels, survey)
    }

    #[test]
    fn folders_are_classes_below_those_that_all_lie_in() {
        for names in [["b/1.png", "a/2.png", "b/c/3.png"], ["x/y/b/1.png", "x/y/a/2.png", "x/y/b/c/3.png"]] {
            let (labels, survey) = labelled(&names, None);
            assert_eq!((labels, survey.classes), (Some(vec![1, 0, 1]), vec!["a".to_owned(), "b".to_owned()]));
        }
        for (names, said) in
            [(["a/1.png", "a/2.png"], false), (["1.png", "2.png"], false), (["1.png", "a/2.png"], true)]
        {
            let (labels, survey) = labelled(&names, None);
            assert_eq!((labels, survey.unlabelled.is_some()), (None, said), "{names:?}");
        }
    }

    #[test]
    fn a_list_says_more_than_folders() {
        let names = ["00000/img0.png", "00001/img1.png"];
        let list = |text: &str| labelled(&names, Some(text)).0;
        let whole = r#"{"labels": [["00001/img1.png", 6], ["00000/img0.png", 9]]}"#;
        assert_eq!(list(whole), Some(vec![9, 6]));
        for text in [r#"{"labels": null}"#, "{}", r#"{"labels": [["00000/img0.png", 9]]}"#] {
            assert_eq!(list(text), None, "{text}");
        }
        assert_eq!(list(r#"{"labels": [["00000/img0.png", [0.5, 1]], ["00001/img1.png", 2]]}"#), None);
        let broken = Rule::new(Some(b"{\n \"labels\": [3")).err().expect("a broken list").to_string();
        assert!(broken.contains("dataset.json") && broken.contains("line 2 column"), "{broken}");
    }
}
