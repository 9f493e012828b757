//! The hub: stands between a trainer and all who watch it, of whom one is in this process and others come through
//! [`HubHandle`].
//!
//! It always takes in what the trainer says, so a run goes on whether or not anybody watches. Each watcher has a queue
//! of its own, in which step records merge: one that does not read holds up nobody, and one behind which too much else
//! piles up is let go. Everybody's commands go to the trainer; everybody hears what comes of them, and who sent a
//! command under a number hears which answer is its own. Snapshots are asked for once for all. Who comes late hears the
//! bounded past first.

mod handle;
mod past;
mod pending;
mod snapshots;
mod trail;
mod watcher;

use std::collections::VecDeque;
use std::io;
use std::os::unix::net::UnixStream;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Select, Sender, TryRecvError, TrySendError};

use crate::link::{
    self, Answer, By, COMMAND_CAPACITY, Command, Link, Queue, REPORT_CAPACITY, Rejected, Report, Snapshot,
};
use handle::HubRequest;
pub use handle::{Ask, HubHandle, Over};
pub use past::Past;
use pending::{Answered, PendingCommands, Requester};
use snapshots::SnapshotRequests;
use watcher::{HERE, Watcher};

/// The most commands of one watcher that may be unanswered.
pub const MOST_COMMANDS: usize = 64;
/// The time that watchers elsewhere have for the last reports of a run.
const GRACE: Duration = Duration::from_secs(1);

/// Starts a hub over a trainer. Gives the ends for the watcher in this process, at whose departure the run ends as it
/// would without a hub, the door for others, and the thread, which ends after the run. A run that goes on from where an
/// earlier process left it has a past, which all who watch hear when it starts.
///
/// # Errors
/// There is no thread to be had.
///
/// What goes wrong with the run is offered to `tap` too, and never waited for.
pub fn start(
    trainer: Link,
    earlier: Option<Earlier>,
    tap: Option<Tap>,
) -> io::Result<(Link, HubHandle, JoinHandle<()>)> {
    let (link, here) = link::pair();
    let (handle, requests) = crossbeam_channel::bounded(COMMAND_CAPACITY);
    let hub = Hub {
        commands: Some(trainer.commands),
        reports: Some(trainer.reports),
        here: Some(here.commands),
        requests: Some(requests),
        watchers: vec![Watcher {
            id: HERE,
            watches: true,
            reports: here.reports,
            queue: Queue::default(),
            socket: None,
        }],
        begins: earlier.as_ref().map(|earlier| earlier.here),
        past: earlier.map(|earlier| earlier.past).unwrap_or_default(),
        pending: PendingCommands::default(),
        snapshots: SnapshotRequests::default(),
        outgoing: VecDeque::new(),
        held: None,
        tap,
        dropped: 0,
        until: None,
    };
    let thread = thread::Builder::new().name("hub".to_owned()).spawn(move || hub.work())?;
    Ok((link, HubHandle(handle), thread))
}

/// Somebody who hears of trouble alone, and may have a word for all who watch.
#[derive(Debug)]
pub struct Tap {
    pub trouble: Sender<Report>,
    pub said: Receiver<Report>,
}

/// The past of a run that an earlier process has left.
#[derive(Debug)]
pub struct Earlier {
    pub past: Past,
    /// Whether the watcher in this process hears it too.
    pub here: bool,
}

struct Hub {
    /// To the trainer, until the watcher here has gone.
    commands: Option<Sender<Command>>,
    /// From the trainer, until it has gone.
    reports: Option<Receiver<Report>>,
    /// Commands of the watcher here, until it has gone.
    here: Option<Receiver<Command>>,
    /// From watchers elsewhere, while there can be any.
    requests: Option<Receiver<HubRequest>>,
    watchers: Vec<Watcher>,
    past: Past,
    /// Until the run starts that has a past already: whether the watcher here hears it.
    begins: Option<bool>,
    pending: PendingCommands,
    snapshots: SnapshotRequests,
    /// Numbered commands that the trainer has had no room for.
    outgoing: VecDeque<Command>,
    /// A snapshot of which it is not known yet whether it was asked for.
    held: Option<Box<Snapshot>>,
    /// The listener that wants to hear of trouble, and of nothing else.
    tap: Option<Tap>,
    /// Watchers that were let go.
    dropped: u64,
    /// Until when watchers elsewhere are waited for, once the trainer has gone.
    until: Option<Instant>,
}

impl Hub {
    fn work(mut self) {
        while !self.is_done() {
            self.wait();
            self.hear();
            self.listen();
            self.look();
            self.send();
            self.flush();
        }
    }

    /// Whether all has been said to all who will hear it.
    fn is_done(&self) -> bool {
        let Some(until) = self.until else { return false };
        let late = Instant::now() >= until;
        self.watchers.iter().all(|watcher| watcher.queue.is_empty() || (late && watcher.id != HERE))
    }

    /// Whether commands are taken in.
    fn has_room(&self) -> bool {
        self.outgoing.len() < COMMAND_CAPACITY && self.until.is_none()
    }

    /// Waits until there is something to do.
    fn wait(&self) {
        let mut select = Select::new();
        if let Some(reports) = &self.reports {
            select.recv(reports);
        }
        if self.has_room() {
            if let Some(here) = &self.here {
                select.recv(here);
            }
            // One without anybody at its other end would be ready for ever.
            if let Some(requests) = &self.requests {
                select.recv(requests);
            }
        }
        if let Some(commands) = self.commands.as_ref().filter(|_| !self.outgoing.is_empty()) {
            select.send(commands);
        }
        for watcher in self.watchers.iter().filter(|watcher| !watcher.queue.is_empty()) {
            select.send(&watcher.reports);
        }
        let until = self.until.map(|until| until.max(Instant::now() + Duration::from_millis(20)));
        match until.into_iter().chain(self.snapshots.due()).min() {
            None => drop(select.ready()),
            Some(deadline) => drop(select.ready_deadline(deadline)),
        }
    }

    /// Takes in what the trainer has said, not all of it if that is much.
    fn hear(&mut self) {
        if let Some(Ok(report)) = self.tap.as_ref().map(|tap| tap.said.try_recv()) {
            self.past.take(&report);
            self.broadcast(report);
        }
        for _ in 0..2 * REPORT_CAPACITY {
            let Some(reports) = &self.reports else { return };
            match reports.try_recv() {
                Ok(report) => self.take(report),
                Err(TryRecvError::Empty) => return,
                Err(TryRecvError::Disconnected) => {
                    (self.reports, self.commands) = (None, None);
                    self.outgoing.clear();
                    if !self.past.is_over() {
                        self.over(&Report::Failed("the trainer is gone".to_owned()));
                    }
                    self.until = Some(Instant::now() + GRACE);
                }
            }
        }
    }

    fn take(&mut self, report: Report) {
        self.past.take(&report);
        if let Some(tap) = self.tap.as_ref().filter(|_| report.is_trouble()) {
            // One that does not keep up misses it.
            let _ = tap.trouble.try_send(report.clone());
        }
        match self.pending.hear(&report) {
            Some(Answered::Command(requester, said)) => self.answer(requester, said),
            Some(Answered::Snapshot) => self.looked(),
            None => {}
        }
        match report {
            Report::Answered(_) => {}
            Report::Started(_) if self.begins.is_some() => self.begin(report),
            Report::Snapshot(snapshot) if self.snapshots.is_flying() => self.held = Some(snapshot),
            Report::Finished(_) | Report::Failed(_) => {
                if let Some(snapshot) = self.held.take() {
                    self.broadcast(Report::Snapshot(snapshot));
                }
                self.over(&report);
                self.broadcast(report);
            }
            // Whoever watches from elsewhere hears what comes of it.
            Report::Evaluation(ref news) if news.is_progress() => self.say(HERE, report),
            report => self.broadcast(report),
        }
    }

    /// Tells that the run has started, and its past.
    fn begin(&mut self, started: Report) {
        let here = self.begins.take() == Some(true);
        for at in (0..self.watchers.len()).rev().filter(|at| self.watchers[*at].watches).collect::<Vec<_>>() {
            let watcher = &mut self.watchers[at];
            let told = watcher.id != HERE || here;
            let reports = if told { self.past.reports() } else { vec![started.clone()] };
            if !watcher.queue.fill(reports, &watcher.reports) {
                self.let_go(at);
            }
        }
    }

    /// Answers what the end of the run leaves undone.
    fn over(&mut self, end: &Report) {
        for (requester, said) in self.pending.end(end, self.past.step()) {
            // The process of the run must know that its end was asked for.
            if requester.watcher != HERE && matches!(said[..], [Report::Finished(_)]) {
                self.say(HERE, Report::Answered(Answer { said: said.clone(), ..Answer::plain(0) }));
            }
            self.answer(requester, said);
        }
    }

    /// The snapshot that was asked for has come: it goes to all who asked.
    fn looked(&mut self) {
        let snapshot = self.held.take();
        for requester in self.snapshots.come() {
            if let Some(snapshot) = &snapshot {
                self.say(requester.watcher, Report::Snapshot(snapshot.clone()));
            }
            self.answer(requester, Vec::new());
        }
    }

    /// Asks the trainer for a snapshot, if one is wanted now.
    fn look(&mut self) {
        if let Some(wanted) = self.snapshots.start(Instant::now()) {
            self.outgoing.push_back(self.pending.number(None, Command::Snapshot(wanted)));
        }
    }

    fn answer(&mut self, requester: Requester, said: Vec<Report>) {
        if let Some(answer) = pending::answer(requester, said) {
            self.say(requester.watcher, answer);
        }
    }

    /// Says something to one watcher.
    fn say(&mut self, watcher: u64, report: Report) {
        if let Some(at) = self.watchers.iter().position(|other| other.id == watcher)
            && !self.watchers[at].say(report)
        {
            self.let_go(at);
        }
    }

    /// Says something to all who watch.
    fn broadcast(&mut self, report: Report) {
        // The last one need not share.
        let mut report = Some(report);
        for at in (0..self.watchers.len()).rev().filter(|at| self.watchers[*at].watches).collect::<Vec<_>>() {
            let more = at > 0 && self.watchers[..at].iter().any(|watcher| watcher.watches);
            let Some(said) = (if more { report.clone() } else { report.take() }) else { return };
            if !self.watchers[at].say(said) {
                self.let_go(at);
            }
        }
    }

    /// Lets a watcher go that has gone, or that reads nothing.
    fn let_go(&mut self, at: usize) {
        let watcher = self.watchers.remove(at);
        self.snapshots.leave(watcher.id);
        self.dropped += u64::from(!watcher.queue.is_empty());
    }

    /// Takes in what watchers ask, as far as there is room.
    fn listen(&mut self) {
        while let Some(here) = self.here.as_ref().filter(|_| self.has_room()) {
            match here.try_recv() {
                Ok(command) => self.command(Requester { watcher: HERE, id: None }, command),
                Err(TryRecvError::Empty) => break,
                // Nobody is there any more for whom the run would go on.
                Err(TryRecvError::Disconnected) => (self.here, self.commands) = (None, None),
            }
        }
        while let Some(requests) = self.requests.as_ref().filter(|_| self.has_room()) {
            match requests.try_recv() {
                Ok(HubRequest::Join { watcher, watches, reports, socket }) => {
                    self.join(watcher, watches, reports, socket)
                }
                Ok(HubRequest::Ask { watcher, id, ask: Ask::Command(command) }) => {
                    self.command(Requester { watcher, id: Some(id) }, command);
                }
                Ok(HubRequest::Ask { watcher, id, ask: Ask::Status }) => {
                    let status = Box::new(self.past.status(self.watching(), self.dropped));
                    self.say(watcher, Report::Answered(Answer { status: Some(status), ..Answer::plain(id) }));
                }
                Ok(HubRequest::Leave(watcher)) => {
                    self.watchers.retain(|other| other.id != watcher);
                    self.snapshots.leave(watcher);
                }
                Err(TryRecvError::Empty) => return,
                Err(TryRecvError::Disconnected) => self.requests = None,
            }
        }
    }

    /// The number of watchers from elsewhere.
    fn watching(&self) -> usize {
        self.watchers.iter().filter(|watcher| watcher.watches && watcher.id != HERE).count()
    }

    fn join(&mut self, id: u64, watches: bool, reports: Sender<Report>, socket: UnixStream) {
        let mut watcher = Watcher { id, watches, reports, queue: Queue::default(), socket: Some(socket) };
        let past = if watches { self.past.reports() } else { Vec::new() };
        if watcher.queue.fill(past, &watcher.reports) {
            self.watchers.push(watcher);
        }
    }

    fn command(&mut self, requester: Requester, command: Command) {
        let waiting = self.pending.of(requester.watcher) + self.snapshots.of(requester.watcher);
        if requester.watcher != HERE && waiting >= MOST_COMMANDS {
            let why = format!("{MOST_COMMANDS} of your commands have not been answered yet: wait for them");
            let rejected = Rejected { step: self.past.step(), what: "a command".to_owned(), why, by: By::Person };
            return self.answer(requester, vec![Report::Rejected(rejected)]);
        }
        match command {
            Command::Snapshot(wanted) => self.snapshots.ask(requester, wanted),
            command => self.outgoing.push_back(self.pending.number(Some(requester), command)),
        }
    }

    /// Sends what waits to the trainer, as far as there is room.
    fn send(&mut self) {
        let Some(commands) = &self.commands else { return self.outgoing.clear() };
        while let Some(command) = self.outgoing.pop_front() {
            match commands.try_send(command) {
                Ok(()) => {}
                Err(TrySendError::Full(command)) => return self.outgoing.push_front(command),
                // The report channel says so too, after the last reports.
                Err(TrySendError::Disconnected(_)) => self.outgoing.clear(),
            }
        }
    }

    /// Sends what waits for watchers, as far as there is room.
    fn flush(&mut self) {
        for at in (0..self.watchers.len()).rev() {
            let watcher = &mut self.watchers[at];
            if !watcher.queue.is_empty() && !watcher.queue.flush(&watcher.reports) {
                self.let_go(at);
            }
        }
    }
}

#[cfg(test)]
mod tests;
