//! Rules of the documentation: what is made from the program is what the program says, links lead somewhere, and every command
//! line, key of a config and script that is quoted exists.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use gantop::cli::{book, usage};
use gantop::config;

use super::{files, read, root};

/// What a person sets to have the made parts written anew: as for the snapshots of screens.
const WRITE: &str = "INSTA_UPDATE";

/// README and every page of docs, by their paths from the root.
fn pages() -> Vec<PathBuf> {
    let mut pages = files("docs", ".md");
    pages.push("README.md".into());
    pages
}

/// A page with its made parts as the program makes them.
fn made(page: &Path, text: &str) -> String {
    let (mut rest, mut made) = (text, String::new());
    while let Some((before, after)) = rest.split_once("<!-- made: ") {
        let (name, after) = after.split_once(" -->\n").unwrap_or_else(|| panic!("{}: an open marker", page.display()));
        let end = format!("<!-- end of {name} -->");
        let (_, after) = after.split_once(&end).unwrap_or_else(|| panic!("{}: no `{end}`", page.display()));
        let part = book::part(name).unwrap_or_else(|| panic!("{}: there is no part `{name}`", page.display()));
        made += &format!("{before}<!-- made: {name} -->\n{part}{end}");
        rest = after;
    }
    made + rest
}

#[test]
fn what_is_made_from_the_program_is_what_it_says() {
    let write = std::env::var(WRITE).is_ok_and(|value| value == "always");
    let mut stale = Vec::new();
    for page in pages() {
        let text = read(&page);
        let made = made(&page, &text);
        if made != text && write {
            fs::write(root().join(&page), made).unwrap();
        } else if made != text {
            let line = made.lines().zip(text.lines()).position(|(a, b)| a != b).map_or(1, |line| line + 1);
            stale.push(format!("{}:{line}", page.display()));
        }
    }
    assert!(stale.is_empty(), "no longer what the program says: {stale:?}\nrun this test again with {WRITE}=always");
}

#[test]
fn every_objective_has_its_page() {
    for objective in gantop::theory::objective::ALL {
        let name = objective.name();
        let page = root().join(format!("docs/objectives/{name}.md"));
        let text = format!("<!-- made: objective {name} -->\n<!-- end of objective {name} -->\n");
        if std::env::var(WRITE).is_ok_and(|value| value == "always") && !page.exists() {
            fs::write(&page, &text).unwrap();
        }
        assert!(page.exists(), "{} is missing; it is to be made of: {text}", page.display());
    }
}

/// A text without what stands in fences or between backticks.
fn prose(text: &str) -> String {
    let mut fence = false;
    let mut lines = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fence = !fence;
        } else if !fence {
            let outside = line.split('`').enumerate().map(|(i, part)| if i % 2 == 0 { part } else { "" });
            lines.push(outside.collect::<String>());
        }
    }
    lines.join("\n")
}

/// The targets of links.
fn links(text: &str) -> Vec<String> {
    let prose = prose(text);
    prose.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next()).map(str::to_owned).collect()
}

/// The anchors that a page has: its headings as mdBook and code forges name them.
fn anchors(text: &str) -> Vec<String> {
    let mut fence = false;
    let mut found = Vec::new();
    for line in text.lines() {
        fence ^= line.trim_start().starts_with("```");
        if !fence && line.starts_with('#') {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            let kept = title.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
            found.push(kept.map(|c| if c == ' ' { '-' } else { c }).collect());
        }
    }
    found
}

#[test]
fn every_link_leads_to_a_page_that_there_is() {
    let mut dead = Vec::new();
    for page in pages() {
        let text = read(&page);
        for link in links(&text).into_iter().filter(|link| !link.contains("://") && !link.starts_with("mailto:")) {
            let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = if path.is_empty() { page.clone() } else { page.parent().unwrap().join(path) };
            let is_there = root().join(&target).exists();
            // A book has only what is below its own folder.
            let is_inside =
                !page.starts_with("docs") || !path.starts_with("../") || target.starts_with("docs") && !leaves(&target);
            let has_anchor =
                anchor.is_empty() || is_there && anchors(&read(&target)).iter().any(|known| known == anchor);
            if !(is_there && is_inside && has_anchor) {
                dead.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(dead.is_empty(), "links to nothing, or out of docs/, where a book cannot follow:\n{}", dead.join("\n"));
}

/// Whether a path climbs out of docs.
fn leaves(path: &Path) -> bool {
    let mut depth = 0i32;
    path.components().skip(1).any(|part| {
        depth += if part.as_os_str() == ".." { -1 } else { 1 };
        depth < 0
    })
}

#[test]
fn the_contents_name_every_page_once() {
    let mut named: BTreeMap<String, usize> = BTreeMap::new();
    links(&read(Path::new("docs/SUMMARY.md"))).into_iter().for_each(|link| *named.entry(link).or_default() += 1);
    for page in files("docs", ".md").into_iter().filter(|page| !page.ends_with("SUMMARY.md")) {
        let name = page.strip_prefix("docs").unwrap().to_str().unwrap();
        assert_eq!(named.get(name), Some(&1), "docs/{name}: say once in docs/SUMMARY.md where it stands in the book");
    }
}

/// What is written as code in a page: each line of a fence, with the fence's language, or of an indented block, and each span
/// between backticks.
fn code(text: &str) -> Vec<(String, String)> {
    let mut fence: Option<String> = None;
    let mut found = Vec::new();
    for line in text.lines() {
        if let Some(language) = line.trim_start().strip_prefix("```") {
            fence = if fence.is_some() { None } else { Some(language.trim().to_owned()) };
        } else if let Some(language) = &fence {
            found.push((language.clone(), line.to_owned()));
        } else if let Some(indented) = line.strip_prefix("    ") {
            found.push(("sh".into(), indented.to_owned()));
        } else {
            found.extend(line.split('`').skip(1).step_by(2).map(|span| ("span".into(), span.to_owned())));
        }
    }
    found
}

/// The words of a command line up to where the shell takes over, placeholders made to what they stand for.
fn words(line: &str) -> Vec<String> {
    let line = line.strip_prefix("$ ").unwrap_or(line);
    let ends = ["|", ">", ">>", "<", "&", "&&", ";", "#", "2>", "\\"];
    // A comment stands two spaces behind the command.
    let line = line.split("  ").next().unwrap_or(line);
    let words = line.split(' ').take_while(|word| !ends.contains(word)).map(|word| {
        let optional = word.starts_with('[') || word.ends_with(']') && !word.contains('=');
        let word = if optional { word.trim_matches(['[', ']']) } else { word };
        match word.trim_end_matches("...").trim_matches(['"', '\'']) {
            "N" => "1".to_owned(),
            "TIME" => "30s".to_owned(),
            other => other.to_owned(),
        }
    });
    words.filter(|word| !word.is_empty() && word != "…").collect()
}

/// A command line that a page quotes.
#[derive(Debug, PartialEq)]
struct Quoted {
    words: Vec<String>,
    /// It stands in a sentence, where `gantop ctl` may be the name of a command.
    is_name: bool,
}

/// Every `gantop …` that a page quotes.
fn commands(text: &str) -> Vec<Quoted> {
    let lines = code(text).into_iter().filter(|(language, _)| language != "python" && language != "toml");
    let quoted = lines.map(|(language, line)| Quoted { words: words(&line), is_name: language == "span" });
    quoted.filter(|Quoted { words, .. }| words.len() > 1 && words[0] == "gantop").collect()
}

/// Whether a command line is refused for what it lacks alone.
fn lacks(error: &clap::Error) -> bool {
    use clap::error::ErrorKind;
    let lacks = [
        ErrorKind::MissingRequiredArgument,
        ErrorKind::MissingSubcommand,
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand,
    ];
    lacks.contains(&error.kind())
}

#[test]
fn every_command_that_is_quoted_exists() {
    let mut wrong = Vec::new();
    for page in pages().into_iter().filter(|page| page.starts_with("docs")) {
        for Quoted { words, is_name } in commands(&read(&page)) {
            let line = words.join(" ");
            match usage::command().try_get_matches_from(&words) {
                Err(error) if is_name && lacks(&error) => {}
                Err(error) if error.use_stderr() => wrong.push(format!("{}: {line}\n{error}", page.display())),
                _ => wrong.extend(unset(&words).map(|why| format!("{}: {line}\n{why}", page.display()))),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is wrong with the keys that a command line sets, where the config is a preset.
fn unset(words: &[String]) -> Option<String> {
    let preset = words.iter().skip(1).find(|word| config::presets::find(word).is_some())?;
    let sets: Vec<String> = words.windows(2).filter(|pair| pair[0] == "--set").map(|pair| pair[1].clone()).collect();
    let is_placeholder = |set: &String| set == "KEY=VALUE";
    if sets.iter().any(is_placeholder) {
        return None;
    }
    // Images may lie anywhere.
    let path = ["data.path=DIR".to_owned()];
    let needs = config::load(Some(preset), &[]).is_err() && !sets.iter().any(|set| set.starts_with("data.path="));
    let sets = if needs { [&sets[..], &path].concat() } else { sets };
    config::load(Some(preset), &sets).err().map(|error| error.to_string())
}

#[test]
fn every_script_and_target_that_is_quoted_exists() {
    let makefile = read(Path::new("Makefile"));
    for page in pages() {
        for (_, line) in code(&read(&page)) {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words[..] {
                ["make", target, ..] if !target.contains('=') => {
                    assert!(makefile.contains(&format!("\n{target}:")), "{}: {line}", page.display());
                }
                [script, ..] if script.starts_with("scripts/") => {
                    assert!(root().join(script).exists(), "{}: {line}", page.display());
                }
                _ => {}
            }
        }
    }
}

/// The fences of this language, each as a text.
fn fences(text: &str, language: &str) -> Vec<String> {
    let start = format!("\n```{language}\n");
    let parts = text.split(&start).skip(1);
    parts.filter_map(|part| part.split("\n```").next()).map(str::to_owned).collect()
}

#[test]
fn every_config_that_is_quoted_is_right() {
    let mut quoted = 0;
    for page in pages() {
        for text in fences(&read(&page), "toml") {
            quoted += 1;
            // What only a person may say is quoted from a file of their own.
            let read = if text.contains("[alerts]") {
                let own = tempfile::NamedTempFile::new().unwrap();
                std::fs::write(own.path(), &text).unwrap();
                config::load_over(Some(own.path()), None, &[])
            } else {
                config::parse(&text, &page.display().to_string())
            };
            if let Err(error) = read {
                panic!("{error}\nin\n{text}");
            }
        }
    }
    assert!(quoted > 3, "{quoted}");
}

#[test]
fn what_is_wrong_is_noticed() {
    let text = "# One: a *thing*\n[a](b.md#c) `[x](y.md)`\n```sh\ngantop nosuch --x  # why\n[q](z.md)\n```\n`gantop view [RUN...]`";
    assert_eq!(links(text), ["b.md#c"]);
    assert_eq!(anchors(text), ["one-a-thing"]);
    let found = commands(text);
    assert_eq!((found[0].words.join(" "), found[0].is_name), ("gantop nosuch --x".into(), false));
    assert_eq!((found[1].words.join(" "), found[1].is_name), ("gantop view RUN".into(), true));
    assert!(usage::command().try_get_matches_from(&found[0].words).is_err_and(|error| !lacks(&error)));
    assert!(usage::command().try_get_matches_from(["gantop", "ctl"]).is_err_and(|error| lacks(&error)));
    let set = |key: &str| ["gantop", "ring", "--set", key].map(str::to_owned);
    assert!(unset(&set("critic.stepz=3")).is_some_and(|why| why.contains("critic.stepz")));
    assert_eq!(unset(&set("critic.steps=3")), None);
    assert!(leaves(Path::new("docs/../x")) && leaves(Path::new("docs/a/../../x")) && !leaves(Path::new("docs/a/../x")));
}
