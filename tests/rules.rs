//! Rules of the house that no lint knows: who may name which library, how long a file may be, what the documents may
//! point to.

use std::fs;
use std::path::{Path, PathBuf};

/// Rooms that the screen needs: never a tensor.
const SCREEN: &[&str] = &["action", "headless", "history", "keymap", "terminal", "ui"];
/// Rooms that training needs: never the terminal.
const TRAINING: &[&str] = &["data", "distance", "model", "objective", "optim", "seed", "train"];
/// Rooms that both sides share: neither.
const SHARED: &[&str] = &[
    "analyst",
    "checkpoint",
    "config",
    "exit",
    "files",
    "health",
    "hub",
    "link",
    "machine",
    "output",
    "protocol",
    "remote",
    "reproduce",
    "run",
    "samples",
    "server",
];
/// Where both sides are brought together.
const WHOLE: &[&str] = &["cli", "lib", "main", "session"];

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

#[test]
fn every_room_is_on_one_side_and_names_no_library_of_the_other() {
    for path in files("src", ".rs") {
        let room = room(&path);
        let forbidden = match room.as_str() {
            room if SCREEN.contains(&room) => TENSORS.to_vec(),
            room if TRAINING.contains(&room) => TERMINAL.to_vec(),
            room if SHARED.contains(&room) => [TENSORS, TERMINAL].concat(),
            room if WHOLE.contains(&room) => vec![],
            _ => panic!("{}: a new room; say in tests/rules.rs which side it is on", path.display()),
        };
        if let Some((line, word)) = named(&read(&path), &forbidden) {
            panic!("{}:{line}: `{room}` must not name {word}", path.display());
        }
    }
}

#[test]
fn naming_is_noticed() {
    let text = "use std::fs;\n// a tchotchke\nlet x = tch::no_grad(f);";
    assert_eq!(named(text, TENSORS), Some((3, "tch")));
    assert_eq!(named("no_tch; Tch", TENSORS), None);
    assert_eq!((room(Path::new("src/ui/app.rs")), room(Path::new("src/ui.rs"))), ("ui".into(), "ui".into()));
}

/// What opens, makes, renames or removes files. Only `src/files` may: there a link is not followed, a pipe not waited for.
const OPENERS: &[&str] =
    &["File::open", "File::create", "File::options", "OpenOptions", "DirBuilder", "OFlags", "fs::"];
/// Who opens something else than files.
const OPENS: &[(&str, &str)] = &[("src/terminal/writer.rs", "the terminal behind standard output, anew")];

/// What a source file names of [`OPENERS`] outside its tests, and on which line.
fn opener(text: &str) -> Option<(usize, &'static str)> {
    let own = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let code = own.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
    code.filter_map(|(i, line)| {
        let word = OPENERS.iter().find(|word| match **word {
            // Types and traits may be imported; functions are called by `fs::name(`.
            "fs::" => line.split("fs::").skip(1).any(|rest| {
                let name = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap();
                name.starts_with(char::is_lowercase) && rest[name.len()..].starts_with('(')
            }),
            word => line.contains(word),
        });
        Some((i + 1, *word?))
    })
    .next()
}

#[test]
fn files_are_opened_in_one_place() {
    for path in files("src", ".rs") {
        let exempt = OPENS.iter().any(|(file, _)| path == Path::new(file));
        if room(&path) == "files" || exempt || path.file_stem().is_some_and(|name| name == "tests") {
            continue;
        }
        if let Some((line, word)) = opener(&read(&path)) {
            panic!("{}:{line}: `{word}` opens or changes files; use what src/files.rs offers", path.display());
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

/// Ways to a terminal, and to a file, that one room alone takes; see `output` and `files`.
const ONLY_THERE: [(&str, &[&str], &[&str]); 2] = [
    ("output", &["io::stdout()", "io::stderr()"], &[".is_terminal()"]),
    ("files", &["File::open(", "File::create(", "OpenOptions", "fs::write(", "fs::rename(", "fs::read("], &[]),
];

#[test]
fn one_room_alone_writes_to_the_terminal_and_one_opens_files() {
    // A socket is no file: it is bound under another name and renamed, which follows no link.
    let apart = |path: &Path| path.ends_with("tests.rs") || path.ends_with("server/socket.rs");
    for path in files("src", ".rs").into_iter().filter(|path| !apart(path)) {
        let text = read(&path);
        // What stands behind the tests' beginning is theirs.
        let own = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        for (number, line) in (1..).zip(own.lines()) {
            for (owner, words, but) in ONLY_THERE {
                let found = words.iter().find(|word| line.contains(**word) && room(&path) != owner);
                if let Some(word) = found.filter(|_| !but.iter().any(|but| line.contains(but))) {
                    panic!("{}:{number}: `{word}` is for src/{owner} alone", path.display());
                }
            }
        }
    }
}
