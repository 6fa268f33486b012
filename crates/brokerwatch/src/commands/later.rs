//! Alerts that can be told only when all events are seen in the order of time: of sequences, of thresholds,
//! of new terms, and of rules whose alerts are suppressed or bounded.

use std::collections::BTreeMap;
use std::io;

use anyhow::Result;
use brokerwatch_detect::{
    Correlator, Hit, Indicators, Matcher, Membership, Order, Program, RuleSet, Signal, Tiebreaker,
    alerts_of, digest_of, reasons_json,
};
use brokerwatch_ecs::{Event, Origin, Projection, Slot};
use brokerwatch_ingest::document;
use brokerwatch_ingest::json::{Plan, RecordReader};
use brokerwatch_runtime::Sorter;
use brokerwatch_runtime::events::Seen;
use bumpalo::Bump;
use serde_json::Value;

use super::trial::Form;

/// The hits of an event: one for each field that decides between events of one time. `met` has the brackets that the
/// event meets, by rule.
pub(crate) fn hits(
    set: &RuleSet<'_>,
    met: &BTreeMap<usize, Vec<usize>>,
    seen: &Seen<'_, '_>,
) -> Vec<Hit> {
    let event = seen.event;
    // What only counts leaves the document behind: there may be very many of them.
    let mut by_tiebreaker: BTreeMap<(Option<Slot>, bool), Vec<Membership>> = BTreeMap::new();
    for (rule, brackets) in met {
        if let Some(membership) = Membership::of(set, *rule, brackets, event) {
            let tiebreaker = match &set.programs[*rule] {
                Program::Sequence { tiebreaker, .. } => *tiebreaker,
                Program::Event { .. } | Program::Threshold { .. } | Program::NewTerms { .. } => {
                    None
                }
            };
            let place = (tiebreaker, membership.shows_document(set));
            by_tiebreaker.entry(place).or_default().push(membership);
        }
    }
    if by_tiebreaker.is_empty() {
        return Vec::new();
    }
    let shows = by_tiebreaker.keys().any(|(_, shows)| *shows);
    let document: Box<[u8]> = if shows { record(seen) } else { Box::default() };
    let moment = event.timestamp(set.timestamp);
    let hit = |((tiebreaker, shows), memberships): ((Option<Slot>, bool), Vec<Membership>)| Hit {
        order: Order {
            // What has no time is told and left out when it is taken.
            nanoseconds: moment.map_or(UNTIMED, brokerwatch_ecs::Timestamp::as_nanosecond),
            tiebreaker: tiebreaker
                .map_or(Tiebreaker::Missing, |slot| Tiebreaker::of(event.values(slot))),
            arrival: 0,
        },
        memberships,
        digest: digest_of(event),
        path: seen.path(),
        line: event.origin.line,
        offset_bytes: event.origin.offset_bytes,
        id: event.id.map(str::to_owned),
        index: event.index.map(str::to_owned),
        document: if shows { document.clone() } else { Box::default() },
    };
    by_tiebreaker.into_iter().map(hit).collect()
}

/// The record of an event if it is JSON, else its document: what is kept of it.
pub(crate) fn record(seen: &Seen<'_, '_>) -> Box<[u8]> {
    match seen.source {
        None => seen.event.source.into(),
        Some(_) => Value::Object(seen.document()).to_string().into_bytes().into(),
    }
}

/// The time of an event that has none.
pub(crate) const UNTIMED: i128 = i128::MIN;

/// About how many bytes a hit holds.
pub(crate) fn bytes(hit: &Hit) -> usize {
    let keys = hit.memberships.iter().map(|own| own.keys.len() + own.counted.len());
    let own = hit.memberships.len() + keys.sum::<usize>();
    size_of::<Hit>() + hit.document.len() + hit.path.len() + own * 128
}

/// Collects hits.
#[derive(Default)]
pub(crate) struct Later {
    sorter: Sorter<Order, Hit>,
    arrived: u64,
    untimed: u64,
}

/// What came of the hits.
#[derive(Default)]
pub(crate) struct Outcome {
    /// How many alerts, by rule.
    pub(crate) alerts: BTreeMap<usize, u64>,
    /// Signals that others stand for.
    pub(crate) suppressed: u64,
    /// Signals past `max_signals`.
    pub(crate) cut: u64,
    /// Open sequences that a bound dropped.
    pub(crate) dropped: u64,
    /// What bounds left out of counts and histories.
    pub(crate) left_out: u64,
    /// Events without a time.
    pub(crate) untimed: u64,
}

impl Later {
    /// Takes the hits of a chunk; chunks come in the order of the inputs.
    pub(crate) fn take(&mut self, hits: Vec<Hit>) -> io::Result<()> {
        for mut hit in hits {
            if hit.order.nanoseconds == UNTIMED {
                self.untimed += 1;
                continue;
            }
            hit.order.arrival = self.arrived;
            self.arrived += 1;
            let bytes = bytes(&hit);
            self.sorter.push(hit.order.clone(), hit, bytes)?;
        }
        Ok(())
    }

    /// Puts all hits together, and calls `write` with the alerts. With `once`, rules look at everything at once.
    pub(crate) fn finish<'r, F: Form<'r>>(
        self,
        set: &RuleSet<'r>,
        form: &F,
        once: bool,
        indicators: &Indicators,
        write: &mut dyn FnMut(F::Sheet) -> io::Result<()>,
    ) -> Result<Outcome> {
        let mut outcome = Outcome { untimed: self.untimed, ..Outcome::default() };
        let mut correlator = Correlator::new(set).once(once);
        let mut again = Again::new(set);
        let mut signals = Vec::new();
        let mut give = |signals: &mut Vec<Signal>, outcome: &mut Outcome| {
            let mut sheet = F::Sheet::default();
            for signal in signals.drain(..) {
                *outcome.alerts.entry(signal.rule).or_default() += 1;
                outcome.suppressed += signal.suppressed;
                let mut read = |hit: &Hit, condition: usize| {
                    (document(&hit.document), again.reasons(hit, condition))
                };
                let mut alerts = alerts_of(set, &signal, &mut read);
                if let Program::Event { indicators: Some(_), .. } = &set.programs[signal.rule] {
                    for (alert, member) in alerts.iter_mut().zip(signal.events.iter().flatten()) {
                        alert.enrich(again.enrichments(&member.hit, signal.rule, indicators));
                    }
                }
                for alert in alerts {
                    form.add(&mut sheet, set.rules[signal.rule], alert);
                }
            }
            write(sheet)
        };
        self.sorter.finish(&mut |hit| {
            correlator.push(hit, &mut signals);
            if signals.is_empty() { Ok(()) } else { give(&mut signals, &mut outcome) }
        })?;
        correlator.finish(&mut signals);
        give(&mut signals, &mut outcome)?;
        outcome.cut = correlator.cut();
        outcome.dropped = correlator.dropped();
        outcome.left_out = correlator.left_out();
        Ok(outcome)
    }
}

/// Reads documents of hits once more, to say why they meet a condition.
struct Again<'s, 'r> {
    set: &'s RuleSet<'r>,
    plan: Plan,
    matcher: Matcher<'s>,
}

impl<'s, 'r> Again<'s, 'r> {
    fn new(set: &'s RuleSet<'r>) -> Again<'s, 'r> {
        Again { set, plan: Plan::new(&set.projection), matcher: Matcher::new(&set.conditions) }
    }

    fn reasons(&mut self, hit: &Hit, wanted: usize) -> Vec<Value> {
        let (matcher, projection) = (&mut self.matcher, &self.set.projection);
        with_event(projection, &self.plan, hit, |event| {
            let mut reasons = Vec::new();
            matcher.run(event, |condition, matcher| {
                if condition == wanted {
                    reasons = reasons_json(&matcher.reasons(condition, event), event, projection);
                }
            });
            reasons
        })
    }

    fn enrichments(&self, hit: &Hit, rule: usize, indicators: &Indicators) -> Vec<Value> {
        with_event(&self.set.projection, &self.plan, hit, |event| {
            indicators.enrichments(self.set, rule, event)
        })
    }
}

/// Reads the document of a hit as an event.
fn with_event<T>(
    projection: &Projection,
    plan: &Plan,
    hit: &Hit,
    then: impl FnOnce(&Event<'_>) -> T,
) -> T {
    let arena = Bump::new();
    let mut event = Event::new(projection);
    event.reset(&hit.document, Origin::default());
    // It was read before, when it became a hit.
    let _ = RecordReader::new(plan, false).read(&hit.document, &arena, &mut event);
    then(&event)
}
