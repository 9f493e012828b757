//! Whatever comes through the socket, it is refused and counted, and the run goes on.

use std::io::{ErrorKind, Write};
use std::net::Shutdown;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use serde_json::json;

use crate::support::TEST_TIMEOUT;
use crate::support::socket::{Client, Served};

/// Asks a paused run to do a step, and sees it done.
fn does_a_step(run: &Served) {
    assert_eq!(run.ctl(&["pause"]).0, 0);
    let before = run.status()["step"].as_u64().unwrap();
    run.ctl(&["step"]);
    while run.status()["state"] != "paused" {}
    assert_eq!(run.status()["step"].as_u64(), Some(before + 1));
}

#[test]
fn lines_that_are_not_understood_are_refused_and_counted() {
    let run = Served::start(&["--steps", "0"]);
    let refused = |first: &[u8]| {
        let mut client = Client::connect(&run.dir());
        client.write(first);
        let _ = client.stream.shutdown(Shutdown::Write);
        let why = client.wait("refused")["why"].as_str().unwrap().to_owned();
        assert_eq!(client.hear(), None, "the connection goes on");
        why
    };
    let hello = |version: u32| format!("{{\"hello\":{{\"version\":{version},\"program\":\"x\",\"watch\":false}}}}\n");
    assert_eq!(refused(hello(2).as_bytes()), "this run speaks version 1 of the protocol, you speak version 2");
    assert!(refused(b"{\"hello\":{\"version\":9,\"new\":[]}}\n").contains("version 9"));
    assert!(refused(b"GET / HTTP/1.1\r\n\r\n").starts_with("no hello"));
    assert!(refused(b"{\"hello\":{\"vers").contains("not whole"));
    assert!(refused(&vec![b'x'; 1 << 17]).contains("longer than"));
    assert!(refused(b"{\"command\":{\"id\":1,\"do\":\"pause\"}}\n").contains("hello must come first"));
    // A million bytes of anything, after a hello and before one.
    let mut state = 1u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    let noise: Vec<u8> = (0..1_000_000).map(|_| noise()).collect();
    refused(&noise);
    let mut client = run.client(false, false);
    client.say(&json!({"command": {"id": 3, "do": "fly"}}));
    assert!(client.wait("refused")["why"].as_str().unwrap().contains("fly"));
    client.say(&json!({"command": {"id": 4, "do": {"set": {"objective.knd": "gan"}}}}));
    let answer = client.wait("answer");
    assert!(answer["id"] == 4 && answer["refused"].as_str().unwrap().contains("objective.kind"), "{answer}");
    assert!(answer["refused"].as_str().unwrap().starts_with("objective.knd"), "{answer}");
    client.say(&json!({"command": {"id": 5, "do": {"restore": "../../x.safetensors"}}}));
    assert!(client.wait("answer")["refused"].as_str().unwrap().contains("is not the name of a checkpoint"));
    client.write(&noise);
    while client.hear().is_some() {}
    let status = run.status();
    assert!(status["refused_lines"].as_u64().unwrap() >= 9, "{status}");
    assert_eq!(status["watchers"], 0);
    does_a_step(&run);
}

#[test]
fn connections_are_bounded_and_those_beyond_are_refused_and_counted() {
    let run = Served::start(&["--steps", "0"]);
    let mode = |path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(run.dir()), mode(run.dir().join("socket"))), (0o700, 0o600));
    let clients: Vec<Client> = (0..200).map(|_| Client::connect(&run.dir())).collect();
    let refused = clients.iter().filter(|client| client.hello.get("refused").is_some()).count();
    assert!(refused >= 200 - 32, "{refused}");
    drop(clients);
    // They are soon forgotten.
    while run.ctl(&["status"]).0 != 0 {}
    assert!(run.status()["refused_connections"].as_u64().unwrap() >= refused as u64);
    does_a_step(&run);
}

#[test]
fn one_that_talks_nonsense_and_does_not_read_loses_its_place() {
    let run = Served::start(&["--steps", "0"]);
    // More of a past than a connection holds of what nobody reads.
    while run.status()["step"].as_u64().unwrap() < 2500 {
        std::thread::sleep(Duration::from_millis(20));
    }
    let mut client = run.client(true, false);
    client.stream.set_write_timeout(Some(TEST_TIMEOUT)).unwrap();
    // Longer than a connection holds, so that this ends when the connection does.
    let error = client.stream.write_all(&vec![b'\n'; 4_000_000]).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset), "{error}");
    does_a_step(&run);
}
