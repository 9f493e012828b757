//! What is made from the table of actions: the keys in Markdown, the manual page, completions.

use gantop::cli::keys::markdown;
use gantop::domain::action::TABLE;

use crate::support::program::{gantop, said};

fn printed(args: &[&str]) -> String {
    let (code, out, err) = said(gantop(args));
    assert_eq!((code, err.as_str()), (0, ""), "{args:?}");
    out
}

#[test]
fn the_keys_are_printed_as_the_table_has_them() {
    // That docs/keys.md has the same is a rule of the book.
    assert_eq!(printed(&["keys", "--markdown"]), markdown());
    for row in &TABLE {
        let line = markdown().lines().find(|line| line.ends_with(&format!("| {} |", row.doc))).map(str::to_owned);
        let line = line.unwrap_or_else(|| panic!("{}", row.long));
        assert!(!row.is_command() || line.contains(&row.usage()), "{line}");
    }
}

#[test]
fn the_manual_page_has_every_action_option_and_command() {
    let page = printed(&["man"]);
    // roff writes a hyphen as \-.
    let plain = page.replace("\\-", "-").replace("\\*(Aq", "'").replace("\\(aq", "'");
    assert!(page.starts_with(".ie") || page.starts_with(".TH"), "{page}");
    for row in &TABLE {
        assert!(plain.contains(row.doc), "{}", row.long);
        assert!(!row.is_command() || plain.contains(&row.usage()), "{}", row.usage());
    }
    let sections = ["EXAMPLES", "EXIT STATUS", "ENVIRONMENT", "FILES", "KEYS"];
    for section in sections {
        assert!(
            plain.contains(&format!(".SH {section}")) || plain.contains(&format!(".SH \"{section}\"")),
            "{section}:\n{plain}"
        );
    }
    for word in
        ["--headless", "--run-dir", "gantop-view(1)", "gantop-export(1)", "gantop/config.toml", "NO_COLOR", "143"]
    {
        assert!(plain.contains(word), "{word}:\n{plain}");
    }
    let view = printed(&["man", "view"]).replace("\\-", "-");
    assert!(view.contains("gantop-view") && view.contains("--theme"), "{view}");
    let list = printed(&["man", "--list"]);
    assert!(["train", "view", "completions"].iter().all(|name| list.lines().any(|line| line == *name)), "{list}");
    let (code, out, err) = said(gantop(&["man", "veiw"]));
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("did you mean `view`?") && err.contains("allowed: train"), "{err}");
}

#[test]
fn completions_know_the_commands_of_the_keyboard_too() {
    for shell in ["bash", "zsh", "fish"] {
        let script = printed(&["completions", shell]);
        assert!(
            ["keys", "man", "--sources", "--markdown"].iter().all(|word| script.contains(word.trim_start_matches('-')))
        );
    }
}
