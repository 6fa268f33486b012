//! Rules over honest telemetry: what they raise there is false.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use brokerwatch_detect::{Indicators, RuleSet};
use brokerwatch_ecs::{Projection, Schema, Slot, Timestamp, date};
use brokerwatch_runtime::Input;
use brokerwatch_runtime::events::{OnEvents, Seen};
use serde_json::{Value, json};

use super::{Format, day, run};
use crate::commands::input::{self, ReadArgs, Summary};
use crate::commands::rules::Sources;
use crate::commands::trial::Trial;
use crate::{ERROR, FOUND, NOTHING, report};

/// How many false alerts for each host and day are too many.
const RATE_MAX: f64 = 0.1;

/// The most pairs of a host and a day that are counted; past it the rate is told too high rather than too low.
const HOST_DAYS_MAX: usize = 1_000_000;

/// Writes the built-in day, its history and its site into a folder.
pub(super) fn write(folder: &Path) -> Result<()> {
    for (name, text) in day::files() {
        brokerwatch_runtime::write(&folder.join(&name), text.as_bytes())
            .with_context(|| folder.join(&name).display().to_string())?;
    }
    report::note(&format!("the honest day is in {}", folder.display()));
    Ok(())
}

/// What the rules raised.
struct Raised {
    alerts: usize,
    host_days: usize,
    by_rule: BTreeMap<String, usize>,
    /// Rule, host and day, with how often.
    by_host: BTreeMap<(String, String), usize>,
    unread: usize,
}

impl Raised {
    /// False alerts for each host and day.
    #[expect(clippy::cast_precision_loss, reason = "counts of alerts and hosts are small")]
    fn rate(&self) -> f64 {
        self.alerts as f64 / self.host_days.max(1) as f64
    }
}

/// Runs the rules and shows what they raise.
pub(super) fn score(sources: &Sources, corpus: &[PathBuf], format: Format) -> Result<u8> {
    let (config, inputs, from) = if corpus.is_empty() {
        let texts = day::files().into_iter().filter(|(name, _)| name != day::SITE);
        let inputs = texts.map(|(name, text)| Input::in_memory(name, text.into_bytes())).collect();
        (Some(day::site()), inputs, Some(day::begins()))
    } else {
        (None, input::inputs(corpus), None)
    };
    let prepared = match run::prepare(sources, day::SITE, config.as_deref())? {
        Ok(prepared) => prepared,
        Err(failures) => {
            for (path, text, found) in &failures {
                report::diagnostics(path, text, found);
            }
            return Ok(ERROR);
        }
    };
    let raised = raised(&prepared, &inputs, from)?;
    show(&raised, format)?;
    Ok(if raised.host_days == 0 {
        bail!("there are no events of hosts in the honest telemetry")
    } else if RATE_MAX < raised.rate() {
        FOUND
    } else {
        NOTHING
    })
}

fn raised(prepared: &run::Prepared, inputs: &[Input], from: Option<i64>) -> Result<Raised> {
    let schema = Schema::open();
    let set = RuleSet::compile_at(&prepared.rules, &prepared.exceptions, &schema, None);
    let read = ReadArgs { threads: input::threads(), ..ReadArgs::one_thread() };
    let indicators = Indicators::default();
    let trial = Trial::over((&set, &prepared.rules), &indicators, inputs, &read);
    let (fired, totals) = trial.fired()?;
    for why in totals.summary.kept() {
        report::note(&format!("warning: {why}"));
    }
    let mut raised = Raised {
        alerts: 0,
        host_days: host_days(inputs, &schema, &read, from)?,
        by_rule: BTreeMap::new(),
        by_host: BTreeMap::new(),
        unread: totals.summary.kept().len(),
    };
    for fired in fired {
        let document = &fired.alert.document;
        let building_block = !document["brokerwatch"]["alert"]["group"]["index"].is_null();
        if building_block || from.is_some_and(|from| moment(document).is_some_and(|at| at < from)) {
            continue;
        }
        raised.alerts += 1;
        *raised.by_rule.entry(fired.rule.name.clone()).or_default() += 1;
        *raised.by_host.entry((fired.rule.name.clone(), host(document))).or_default() += 1;
    }
    Ok(raised)
}

/// A field of a document, nested or dotted.
fn field<'d>(document: &'d Value, name: &str) -> Option<&'d Value> {
    let nested = name.split('.').try_fold(document, |value, part| value.get(part));
    nested.or_else(|| document.get(name))
}

fn moment(document: &Value) -> Option<i64> {
    let text = field(document, "@timestamp")?.as_str()?;
    date::parse(text).map(|span| span.from.as_millisecond())
}

fn host(document: &Value) -> String {
    let names = ["host.name", "source.ip", "source.address"];
    let found = names.iter().find_map(|name| field(document, name));
    found.map_or_else(
        || "-".to_owned(),
        |value| value.as_str().map_or_else(|| value.to_string(), str::to_owned),
    )
}

/// How many pairs of a host and a day there are: of what sensors of the network saw, private addresses are the hosts.
fn host_days(
    inputs: &[Input],
    schema: &Schema,
    read: &ReadArgs,
    from: Option<i64>,
) -> Result<usize> {
    let mut projection = Projection::new();
    let [host, address, time] =
        ["host.name", "source.ip", "@timestamp"].map(|name| projection.want(name, schema));
    let work = Count { host, address, time, from };
    let (mut pairs, mut summary) = (BTreeSet::new(), Summary::silent());
    input::read(inputs, read.reading(&projection), &mut summary, &work, &mut |found: BTreeSet<
        _,
    >| {
        for pair in found {
            if pairs.len() < HOST_DAYS_MAX {
                pairs.insert(pair);
            }
        }
        Ok(())
    })?;
    Ok(pairs.len())
}

struct Count {
    host: Slot,
    address: Slot,
    time: Slot,
    from: Option<i64>,
}

impl OnEvents for Count {
    type Worker = ();
    type Output = BTreeSet<(String, i64)>;

    fn worker(&self) {}

    fn event(&self, (): &mut (), seen: &Seen<'_, '_>, found: &mut BTreeSet<(String, i64)>) {
        let event = seen.event;
        let Some(at) = event.timestamp(self.time).map(Timestamp::as_millisecond) else { return };
        if self.from.is_some_and(|from| at < from) {
            return;
        }
        let name = text(event, self.host)
            .or_else(|| text(event, self.address).filter(|address| is_private(address)));
        if let Some(name) = name {
            found.insert((name, at.div_euclid(DAY_MILLIS)));
        }
    }

    fn bytes(&self, found: &BTreeSet<(String, i64)>) -> usize {
        found.len() * 64
    }
}

const DAY_MILLIS: i64 = 86_400_000;

fn text(event: &brokerwatch_ecs::Event<'_>, slot: Slot) -> Option<String> {
    event.values(slot).first().map(ToString::to_string)
}

/// Whether an address is one of a machine inside.
fn is_private(address: &str) -> bool {
    match address.parse() {
        Ok(std::net::IpAddr::V4(address)) => address.is_private(),
        Ok(std::net::IpAddr::V6(address)) => address.is_unique_local(),
        Err(_) => false,
    }
}

fn show(raised: &Raised, format: Format) -> Result<()> {
    let rate = raised.rate();
    let mut lines = Vec::new();
    match format {
        Format::Json => {
            let by_host: Vec<Value> = raised
                .by_host
                .iter()
                .map(|((rule, host), count)| json!({ "rule": rule, "host": host, "alerts": count }))
                .collect();
            lines.push(
                json!({
                    "false_alerts": raised.alerts,
                    "host_days": raised.host_days,
                    "rate": rate,
                    "rate_max": RATE_MAX,
                    "by_rule": raised.by_rule,
                    "by_host": by_host,
                    "unread": raised.unread,
                })
                .to_string(),
            );
        }
        Format::Csv => {
            lines.push("rule,host,alerts".to_owned());
            for ((rule, host), count) in &raised.by_host {
                lines.push(format!("\"{rule}\",{host},{count}"));
            }
        }
        Format::Markdown | Format::Auto | Format::People => {
            for (rule, count) in &raised.by_rule {
                lines.push(format!("{count:>6}  {rule}"));
                for ((_, host), count) in raised.by_host.iter().filter(|((own, _), _)| own == rule)
                {
                    lines.push(format!("        {count:>6}  {host}"));
                }
            }
            lines.push(format!(
                "{} false alerts on {} days of hosts: {rate:.3} for each, and {RATE_MAX} is the most",
                raised.alerts, raised.host_days
            ));
        }
    }
    let mut out = anstream::stdout().lock();
    for line in &lines {
        writeln!(out, "{line}")?;
    }
    Ok(())
}
