//! The loop gives the same for any number of threads, in the order of the inputs, and stops when it is told to.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use brokerwatch_ecs::{Projection, Schema};
use brokerwatch_runtime::events::{Counts, OnEvents, Piece, Reading, Seen, read};
use brokerwatch_runtime::{Input, Item, Progress, inputs};

/// Repeats each event's number as often as it says, so that outputs can be larger than what may wait.
struct Echo<'a> {
    projection: &'a Projection,
    times: usize,
    /// How long each event of the input `first.ndjson` takes.
    pause: Duration,
}

impl OnEvents for Echo<'_> {
    type Worker = ();
    type Output = String;

    fn worker(&self) {}

    fn event(&self, (): &mut (), seen: &Seen<'_, '_>, output: &mut String) {
        let event = seen.event;
        if !self.pause.is_zero() && seen.path().ends_with("first.ndjson") {
            std::thread::sleep(self.pause);
        }
        let slot = self.projection.slot("n").unwrap();
        for _ in 0..self.times {
            writeln!(output, "{} {}", event.origin.line, event.values(slot)[0]).unwrap();
        }
    }

    fn bytes(&self, output: &String) -> usize {
        output.len()
    }
}

fn projection() -> Projection {
    let mut projection = Projection::new();
    projection.want("n", &Schema::open());
    projection
}

/// Everything that is delivered, in order, and what was counted.
fn all(paths: &[PathBuf], echo: &Echo<'_>, threads: usize) -> (String, Counts) {
    let reading = Reading { threads, ..Reading::of(echo.projection) };
    let (mut text, mut counts) = (String::new(), Counts::default());
    let found = inputs(paths);
    let result: Result<(), ()> = read(
        &found,
        reading,
        &Progress::default(),
        echo,
        &mut |input: &Input, item: Item<Piece<String>>| {
            match item {
                Item::Output(piece) => {
                    text.push_str(&piece.output);
                    counts.add(piece.counts);
                    for defect in piece.defects {
                        writeln!(text, "defect {} {}", defect.origin.line, defect.why).unwrap();
                    }
                }
                Item::Failed(error) => writeln!(text, "failed: {error}").unwrap(),
                Item::End => writeln!(text, "end of {}", input.name()).unwrap(),
            }
            Ok(())
        },
    );
    result.unwrap();
    (text, counts)
}

fn write_lines(folder: &Path, name: &str, numbers: std::ops::Range<u32>, padding: usize) {
    let mut text = String::new();
    for n in numbers {
        writeln!(text, r#"{{"n":{n},"padding":"{}"}}"#, "x".repeat(padding)).unwrap();
        if n % 1000 == 7 {
            text.push_str("no JSON\n\n");
        }
    }
    std::fs::write(folder.join(name), text).unwrap();
}

#[test]
fn any_number_of_threads_gives_the_same_in_the_same_order() {
    let folder = tempfile::tempdir().unwrap();
    // One of many blocks, many of one, one that is empty and one that is nothing.
    write_lines(folder.path(), "b-large.ndjson", 0..20_000, 150);
    for i in 0..20 {
        write_lines(folder.path(), &format!("a-small-{i:02}.ndjson"), i..i + 50, 10);
        write_lines(folder.path(), &format!("c-small-{i:02}.ndjson"), i..i + 5, 10);
    }
    std::fs::write(folder.path().join("a-empty.ndjson"), "").unwrap();
    std::fs::write(folder.path().join("d-nothing.bin"), [0, 1, 2, 3]).unwrap();
    let mut paths = vec![folder.path().to_owned()];
    paths.push(folder.path().join("e-not-there.ndjson"));
    let projection = projection();
    let echo = Echo { projection: &projection, times: 1, pause: Duration::ZERO };
    let (expected, counts) = all(&paths, &echo, 1);
    assert_eq!(counts.events, 20_000 + 20 * 50 + 20 * 5);
    assert!(expected.contains("failed: ") && expected.contains("defect 9 "), "defects are told");
    for threads in [2, 3, 8] {
        let (text, other) = all(&paths, &echo, threads);
        assert!(text == expected, "{threads} threads give something else");
        assert_eq!(other, counts);
    }
}

#[test]
fn results_that_are_larger_than_what_may_wait_pass_through() {
    let folder = tempfile::tempdir().unwrap();
    write_lines(folder.path(), "a-first.ndjson", 0..40, 10);
    for i in 0..6 {
        // Each gives 20 MB.
        write_lines(folder.path(), &format!("b-{i}.ndjson"), 0..2000, 10);
    }
    let projection = projection();
    let paths = [folder.path().to_owned()];
    let quick = Echo { projection: &projection, times: 1000, pause: Duration::ZERO };
    let slow = Echo { pause: Duration::from_millis(2), ..quick };
    let expected = all(&paths, &quick, 1);
    assert!(all(&paths, &slow, 4) == expected);
}

#[test]
fn an_error_of_the_receiver_ends_the_reading() {
    let folder = tempfile::tempdir().unwrap();
    write_lines(folder.path(), "a.ndjson", 0..50_000, 100);
    let projection = projection();
    let echo = Echo { projection: &projection, times: 1, pause: Duration::ZERO };
    for threads in [1, 4] {
        let reading = Reading { threads, ..Reading::of(&projection) };
        let mut delivered = 0;
        let found = inputs(&[folder.path().to_owned()]);
        let result = read(&found, reading, &Progress::default(), &echo, &mut |_, _| {
            delivered += 1;
            if delivered == 2 { Err("enough") } else { Ok(()) }
        });
        assert_eq!((result, delivered), (Err("enough"), 2));
    }
}

#[test]
fn patterns_and_folders_name_their_files_in_order() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["b.json", "a.json", "a.txt", "sub/c.json", ".hidden/d.json", ".e.json"] {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "{}").unwrap();
    }
    let names = |path: &str| -> Vec<String> {
        let root = folder.path().display().to_string();
        let found = inputs(&[folder.path().join(path)]);
        found.iter().map(|input| input.name()[root.len()..].to_owned()).collect()
    };
    assert_eq!(names(""), ["/a.json", "/a.txt", "/b.json", "/sub/c.json"]);
    assert_eq!(names("*.json"), ["/a.json", "/b.json"]);
    assert_eq!(names("**/*.json"), ["/a.json", "/b.json", "/sub/c.json"]);
    assert_eq!(names("{a,b}.json"), ["/a.json", "/b.json"]);
    // A pattern that matches nothing fails in its place.
    assert_eq!(names("*.csv"), ["/*.csv"]);
}
