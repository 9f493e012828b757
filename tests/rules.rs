//! Rules of the house that no lint knows: who may name which library, how long a file may be, what the documents may
//! point to.

mod book;

use std::fs;
use std::path::{Path, PathBuf};

/// A room, the rooms that it may use, and the libraries of one side that it may name.
struct Room {
    name: &'static str,
    may_use: &'static [&'static str],
    side: Side,
}

/// Which libraries a room may name.
enum Side {
    /// Those of the screen, never a tensor.
    Screen,
    /// Tensors, never the terminal.
    Training,
    /// Neither.
    Shared,
    /// Both.
    Whole,
}

const fn room_of(name: &'static str, side: Side, may_use: &'static [&'static str]) -> Room {
    Room { name, may_use, side }
}

/// The rooms of src, from the ground up: each uses only rooms above its line.
const ROOMS: &[Room] = &[
    room_of("domain", Side::Shared, &[]),
    room_of("system", Side::Shared, &[]),
    room_of("theory", Side::Training, &["domain"]),
    room_of("config", Side::Shared, &["domain", "system", "theory"]),
    room_of("glossary", Side::Shared, &["domain", "theory", "config"]),
    room_of("link", Side::Shared, &["domain", "system", "theory", "config"]),
    room_of("history", Side::Screen, &["domain"]),
    room_of("truth", Side::Shared, &["domain", "system", "theory", "config", "link"]),
    room_of("evaluate", Side::Training, &["domain", "system", "theory", "config", "link"]),
    room_of("train", Side::Training, &["domain", "system", "theory", "config", "link", "evaluate"]),
    room_of("run", Side::Shared, &["domain", "system", "config", "link", "truth"]),
    room_of("foreign", Side::Shared, &["domain", "system", "config", "link", "run"]),
    room_of("serve", Side::Shared, &["domain", "system", "theory", "config", "link", "run"]),
    room_of("terminal", Side::Screen, &["domain", "system", "config"]),
    room_of(
        "ui",
        Side::Screen,
        &["domain", "system", "theory", "config", "glossary", "link", "history", "truth", "run", "serve", "terminal"],
    ),
    room_of("headless", Side::Screen, &["domain", "system", "theory", "config", "link", "truth", "run", "terminal"]),
    room_of("reproduce", Side::Shared, &["domain", "theory", "config", "link", "train"]),
    room_of(
        "session",
        Side::Whole,
        &["domain", "system", "config", "link", "train", "run", "foreign", "serve", "terminal", "ui", "headless"],
    ),
    room_of(
        "cli",
        Side::Whole,
        &[
            "domain",
            "system",
            "theory",
            "config",
            "glossary",
            "link",
            "evaluate",
            "train",
            "run",
            "foreign",
            "ui",
            "headless",
            "reproduce",
            "session",
        ],
    ),
];

const TENSORS: &[&str] = &["tch", "torch_sys"];
const TERMINAL: &[&str] = &["ratatui", "crossterm", "indicatif", "tui_input"];

/// The most lines of a file in src: one that grows beyond has a second concept in it.
const MOST_LINES: usize = 400;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files below a directory whose names end so, by their paths from the root.
fn files(directory: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![root().join(directory)];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(&directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.to_str().unwrap().ends_with(ending) {
                found.push(path.strip_prefix(root()).unwrap().to_owned());
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "{directory} has no {ending}");
    found
}

fn read(path: &Path) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// The room of a file in src: `ui` for src/ui.rs and for all in src/ui/.
fn room(path: &Path) -> String {
    let first = path.components().nth(1).unwrap();
    Path::new(first.as_os_str()).file_stem().unwrap().to_str().unwrap().to_owned()
}

/// Which of these words a text has, and on which line first.
fn named<'a>(text: &str, words: &[&'a str]) -> Option<(usize, &'a str)> {
    let tokens =
        |line: &str| line.split(|c: char| !c.is_alphanumeric() && c != '_').map(str::to_owned).collect::<Vec<_>>();
    text.lines().enumerate().find_map(|(i, line)| {
        let tokens = tokens(line);
        words.iter().find(|word| tokens.iter().any(|token| token == *word)).map(|word| (i + 1, *word))
    })
}

/// Files that name a library of one side all the same, and why.
const NAMES_ALL_THE_SAME: &[(&str, &str)] = &[
    ("src/domain/action", "a key is crossterm's, as data"),
    ("src/domain/keymap", "a key is crossterm's, as data"),
    ("src/system/version.rs", "tch by its version alone"),
];

/// The code of a source file without its comments and its tests, line by line from 1.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let own = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    (1..).zip(own.lines()).filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// The rooms that a line of code names, as `crate::room` or in `use crate::{room, other::Item}`.
fn rooms_in(line: &str) -> Vec<String> {
    let name = |text: &str| text.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or("").to_owned();
    let named = |rest: &str| match rest.strip_prefix('{') {
        Some(list) => list.trim_end_matches(['}', ';']).split(", ").map(name).collect(),
        None => vec![name(rest)],
    };
    line.split("crate::").skip(1).flat_map(named).collect()
}

#[test]
fn every_room_uses_only_those_below_it_and_no_library_of_the_other_side() {
    for path in files("src", ".rs") {
        let name = room(&path);
        if ["lib", "main"].contains(&name.as_str()) {
            continue;
        }
        let Some(place) = ROOMS.iter().position(|room| room.name == name) else {
            panic!("{}: a new room; say in tests/rules.rs what it may use", path.display());
        };
        let Room { may_use, side, .. } = &ROOMS[place];
        let text = read(&path);
        let forbidden = match side {
            Side::Screen => TENSORS.to_vec(),
            Side::Training => TERMINAL.to_vec(),
            Side::Shared => [TENSORS, TERMINAL].concat(),
            Side::Whole => vec![],
        };
        let exempt = NAMES_ALL_THE_SAME.iter().any(|(start, _)| path.to_str().unwrap().starts_with(start));
        if let Some((line, word)) = named(&text, &forbidden).filter(|_| !exempt) {
            panic!("{}:{line}: `{name}` must not name {word}", path.display());
        }
        // Tests may use what they like.
        for (line, words) in code(&text).filter(|_| !path.ends_with("tests.rs")) {
            for other in rooms_in(words).iter().filter(|other| **other != name) {
                let above = ROOMS[..place].iter().any(|room| room.name == other);
                let message = format!("{}:{line}: `{name}` may not use `{other}`", path.display());
                assert!(above && may_use.contains(&other.as_str()), "{message}: {words}");
            }
        }
    }
}

#[test]
fn a_use_is_noticed() {
    assert_eq!(rooms_in("use crate::ui::format;"), ["ui"]);
    assert_eq!(rooms_in("use crate::{run, terminal::State};"), ["run", "terminal"]);
    assert_eq!(rooms_in("let x = crate::link::pair(); crate::run::f()"), ["link", "run"]);
    assert_eq!(code("// crate::x\na\n#[cfg(test)]\nmod tests {\nb").collect::<Vec<_>>(), [(2, "a")]);
}

#[test]
fn naming_is_noticed() {
    let text = "use std::fs;\n// a tchotchke\nlet x = tch::no_grad(f);";
    assert_eq!(named(text, TENSORS), Some((3, "tch")));
    assert_eq!(named("no_tch; Tch", TENSORS), None);
    assert_eq!((room(Path::new("src/ui/app.rs")), room(Path::new("src/ui.rs"))), ("ui".into(), "ui".into()));
}

/// What opens, makes, renames or removes files. Only `src/system/files` may: there a link is not followed, a pipe not waited for.
const OPENERS: &[&str] =
    &["File::open", "File::create", "File::options", "OpenOptions", "DirBuilder", "OFlags", "fs::"];
/// Who opens something else than files.
const OPENS: &[(&str, &str)] = &[("src/terminal/writer.rs", "the terminal behind standard output, anew")];

/// What a source file names of [`OPENERS`] outside its tests, and on which line.
fn opener(text: &str) -> Option<(usize, &'static str)> {
    code(text)
        .filter_map(|(number, line)| {
            let word = OPENERS.iter().find(|word| match **word {
                // Types and traits may be imported; functions are called by `fs::name(`.
                "fs::" => line.split("fs::").skip(1).any(|rest| {
                    let name = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap();
                    name.starts_with(char::is_lowercase) && rest[name.len()..].starts_with('(')
                }),
                word => line.contains(word),
            });
            Some((number, *word?))
        })
        .next()
}

#[test]
fn files_are_opened_in_one_place() {
    for path in files("src", ".rs") {
        let exempt = OPENS.iter().any(|(file, _)| path == Path::new(file));
        if path.starts_with("src/system/files")
            || path.ends_with("system/files.rs")
            || exempt
            || path.file_stem().is_some_and(|name| name == "tests")
        {
            continue;
        }
        if let Some((line, word)) = opener(&read(&path)) {
            panic!("{}:{line}: `{word}` opens or changes files; use what src/system/files.rs offers", path.display());
        }
    }
}

#[test]
fn opening_is_noticed() {
    assert_eq!(opener("use std::fs::File;\nuse std::os::unix::fs::MetadataExt;\nlet f: File = g();"), None);
    assert_eq!(opener("// fs::read(x)\nlet f = File::open(x);"), Some((2, "File::open")));
    assert_eq!(opener("let t = std::fs::read_to_string(x);"), Some((1, "fs::")));
    assert_eq!(opener("#[cfg(test)]\nmod tests {\nfs::write(x, y)"), None);
}

#[test]
fn no_source_file_is_a_catch_all() {
    for path in files("src", ".rs") {
        let lines = read(&path).lines().count();
        assert!(lines <= MOST_LINES, "{}: {lines} lines, more than {MOST_LINES}: split it by concept", path.display());
    }
}

/// What a document points to or names that is not in the repository: link targets that do not exist, paths that leave
/// the repository, absolute paths that are not every machine's.
fn strays(text: &str) -> Vec<String> {
    let everywhere = ["/dev/", "/proc/", "/etc/", "/usr/", "/path/", "/data/"];
    let words = text.split(|c: char| c.is_whitespace() || "`'\"()[]<>=,;".contains(c));
    let outside = words.filter(|word| {
        let absolute = word.starts_with('/') && word[1..].contains('/') && word[1..].starts_with(char::is_alphanumeric);
        word.starts_with("../")
            || word.contains("/../")
            || absolute && !everywhere.iter().any(|start| word.starts_with(start))
    });
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
    let missing = targets.filter(|target| {
        let local = !target.is_empty() && !target.contains("://") && !target.starts_with("mailto:");
        local && !root().join(target).exists()
    });
    outside.chain(missing).map(str::to_owned).collect()
}

#[test]
fn documents_point_to_nothing_outside_the_repository() {
    let documents: Vec<PathBuf> = fs::read_dir(root())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "md"))
        .collect();
    assert!(!documents.is_empty());
    for path in documents {
        assert_eq!(strays(&read(&path)), [""; 0], "{}", path.display());
    }
}

#[test]
fn strays_are_noticed() {
    assert_eq!(strays("see ../notes/a.md, `/home/ada/x`, /dev/null, step 1 / 2, [b](src/none.rs#x)").len(), 3);
    assert_eq!(strays("[a](Cargo.toml), [b](#here), [c](https://example.org/x/y) and/or a/b"), [""; 0]);
}

#[test]
fn one_place_alone_writes_to_the_terminal() {
    let apart = |path: &Path| path.starts_with("src/system/output") || path.ends_with("system/output.rs");
    for path in files("src", ".rs").into_iter().filter(|path| !apart(path) && !path.ends_with("tests.rs")) {
        for (number, line) in code(&read(&path)) {
            let found = ["io::stdout()", "io::stderr()"].into_iter().find(|word| line.contains(word));
            if let Some(word) = found.filter(|_| !line.contains(".is_terminal()")) {
                panic!("{}:{number}: `{word}` is for src/system/output.rs alone", path.display());
            }
        }
    }
}

#[test]
fn python_client_and_citation_have_the_version_of_the_program() {
    let text = read(Path::new("python/gantop/_version.py"));
    let line = format!("VERSION = \"{}\"\n", env!("CARGO_PKG_VERSION"));
    assert!(text.contains(&line), "python/gantop/_version.py: must say {line}");
    let line = format!("version: {}\n", env!("CARGO_PKG_VERSION"));
    assert!(read(Path::new("CITATION.cff")).contains(&line), "CITATION.cff: must say {line}");
    let (wanted, got) = (read(Path::new("python/gantop/_program.py")), read(Path::new("scripts/libtorch")));
    let torch = wanted.lines().find_map(|line| line.strip_prefix("TORCH = \"")?.strip_suffix('"')).unwrap();
    assert!(
        got.contains(&format!("\nVERSION = \"{torch}.")),
        "the wheel asks for PyTorch {torch}, scripts/libtorch for another"
    );
}

/// What a line of a workflow or of a script runs of the project's own: its make targets and scripts.
fn own_commands(line: &str) -> Vec<&str> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let made = words.windows(2).filter(|pair| pair[0] == "make").map(|pair| pair[1]);
    let scripts = words.iter().filter(|word| word.starts_with("scripts/") || word.starts_with(".ci/"));
    made.chain(scripts.copied()).collect()
}

#[test]
fn workflows_run_what_there_is() {
    let makefile = read(Path::new("Makefile"));
    let mut found = 0;
    for file in [".github/workflows/ci.yml", ".github/workflows/release.yml", ".ci/run", "Containerfile"] {
        for line in read(Path::new(file)).lines().filter(|line| !line.trim_start().starts_with('#')) {
            for own in own_commands(line)
                .into_iter()
                .filter(|own| own.chars().all(|c| c.is_alphanumeric() || "-/._".contains(c)))
            {
                let is_there =
                    if own.contains('/') { root().join(own).exists() } else { makefile.contains(&format!("\n{own}:")) };
                // A package of that name is installed, nothing is made.
                assert!(is_there || line.contains("apt-get"), "{file}: {line}");
                found += usize::from(is_there);
            }
        }
    }
    assert!(found > 8, "{found}");
    assert_eq!(own_commands("- run: make wheel A=b && scripts/x --y"), ["wheel", "scripts/x"]);
}

#[test]
fn every_variable_of_the_environment_that_is_read_is_in_the_manual() {
    let listed: Vec<&str> = gantop::cli::usage::ENVIRONMENT.iter().flat_map(|(names, _)| names.split(", ")).collect();
    let mut found = 0;
    for file in files("src", ".rs").into_iter().filter(|file| !file.to_str().unwrap().contains("tests")) {
        let text = read(&file);
        if !text.contains("env::var") {
            continue;
        }
        for name in text.split('"').skip(1).step_by(2) {
            let is_variable = name.len() > 3 && name.chars().all(|c| c.is_ascii_uppercase() || c == '_');
            if is_variable && name != "HOME" {
                found += 1;
                assert!(
                    listed.contains(&name),
                    "{}: {name} is to stand in ENVIRONMENT of src/cli/usage.rs",
                    file.display()
                );
            }
        }
    }
    assert!(found > 3, "{found}");
}
