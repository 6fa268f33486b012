//! Snapshots are promises: one that was written once is read by every later version.

use brokerwatch_eql::sequence::{Machine, Plan, RestoreError, Snapshot};
use expect_test::expect;

use crate::notation::{Run, run, shown};

type Damage = fn(&mut serde_json::Value);

const QUERY: &str = "sequence by ?u with maxspan=1m ![m] [a] [b] ![z]";

fn stopped_midway() -> (Run, Snapshot<usize>) {
    let run = run(QUERY, "1:m(p) 2:a(p) 3:b(p) 4:a 5:b");
    let mut machine = run.machine();
    for arrival in &run.arrivals[..4] {
        machine.push(arrival.clone(), &mut Vec::new());
    }
    let snapshot = machine.snapshot();
    (run, snapshot)
}

#[test]
fn the_first_version_reads_as_it_was_written() {
    let (run, snapshot) = stopped_midway();
    let written = expect![[r#"
        {
          "v1": {
            "plan": {
              "brackets": [
                {
                  "runs": 1,
                  "part": "leading"
                },
                {
                  "runs": 1,
                  "part": {
                    "positive": {
                      "first": 0,
                      "end": 1
                    }
                  }
                },
                {
                  "runs": 1,
                  "part": {
                    "positive": {
                      "first": 1,
                      "end": 2
                    }
                  }
                },
                {
                  "runs": 1,
                  "part": "trailing"
                }
              ],
              "positives": 2,
              "maxspan_millis": 60000,
              "has_until": false
            },
            "arrivals": 4,
            "dropped": 0,
            "keys": [
              {
                "key": [
                  {
                    "keyword": "p"
                  }
                ],
                "touched_millis": 2000,
                "state": {
                  "leading": {
                    "latest": 1000,
                    "earlier": null
                  },
                  "pending": [],
                  "waiting": [
                    {
                      "stage": 1,
                      "first": {
                        "millis": 2000,
                        "nanos": 0
                      },
                      "last": {
                        "millis": 3000,
                        "nanos": 0
                      },
                      "order": 2,
                      "leading_millis": 1000,
                      "forbidden_millis": null,
                      "is_doomed": false,
                      "events": [
                        2,
                        3
                      ]
                    }
                  ]
                }
              },
              {
                "key": [
                  "null"
                ],
                "touched_millis": 4000,
                "state": {
                  "leading": {
                    "latest": null,
                    "earlier": null
                  },
                  "pending": [
                    {
                      "stage": 0,
                      "first": {
                        "millis": 4000,
                        "nanos": 0
                      },
                      "last": {
                        "millis": 4000,
                        "nanos": 0
                      },
                      "order": 3,
                      "leading_millis": null,
                      "forbidden_millis": null,
                      "is_doomed": false,
                      "events": [
                        4
                      ]
                    }
                  ],
                  "waiting": []
                }
              }
            ],
            "decided": []
          }
        }"#]];
    let text = serde_json::to_string_pretty(&snapshot).unwrap();
    written.assert_eq(&text);
    let read = serde_json::from_str(written.data()).unwrap();
    let mut machine = Machine::restore(Plan::of(&run.sequence), read).unwrap();
    let mut found = Vec::new();
    machine.push(run.arrivals[4].clone(), &mut found);
    machine.finish(&mut found);
    assert_eq!(shown(&found), "p [-,2,3,-], null [-,4,5,-]");
}

#[test]
fn a_snapshot_of_another_query_is_refused() {
    let (_, snapshot) = stopped_midway();
    let other = run(&QUERY.replace("1m", "2m"), "");
    let refused = Machine::restore(Plan::of(&other.sequence), snapshot).unwrap_err();
    assert_eq!(refused, RestoreError::OtherPlan);
}

#[test]
fn a_damaged_snapshot_is_refused() {
    let (run, snapshot) = stopped_midway();
    let whole = serde_json::to_value(&snapshot).unwrap();
    let damages: [(Damage, &str); 5] = [
        (|keys| keys[1]["key"] = keys[0]["key"].clone(), "a key stands twice"),
        (|keys| keys[1]["state"]["pending"][0]["stage"] = 7.into(), "past the last stage"),
        (|keys| keys[1]["state"]["pending"][0]["events"] = serde_json::json!([]), "lacks an event"),
        (|keys| keys[0]["state"]["waiting"][0]["stage"] = 0.into(), "waits before the last"),
        (
            |keys| {
                let pending = keys[1]["state"]["pending"].as_array_mut().unwrap();
                pending.push(pending[0].clone());
            },
            "out of order",
        ),
    ];
    for (damage, message) in damages {
        let mut damaged = whole.clone();
        damage(&mut damaged["v1"]["keys"]);
        let damaged: Snapshot<usize> = serde_json::from_value(damaged).unwrap();
        let refused = Machine::restore(Plan::of(&run.sequence), damaged).unwrap_err();
        assert!(refused.to_string().contains(message), "{refused} for {message}");
    }
}
