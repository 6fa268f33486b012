//! Many versions of a rule over the same pieces of telemetry: each piece is read once, and what is planned for one serves
//! all others whose columns it has.

use std::collections::BTreeSet;

use brokerwatch_detect::{Alert, exceptions};
use brokerwatch_ecs::Schema;
use brokerwatch_esql::ast::Statement;
use brokerwatch_esql::planner::{self, LeftOut};
use brokerwatch_rules::Rule;
use brokerwatch_rules::exceptions::ExceptionList;
use brokerwatch_runtime::{Answer, Buffer, Failed, Input, Part, Planned, Session, SessionOptions};

use super::{Bounded, Ground, asks_the_time, options, over, tables, windowed, windows};

/// A rule's telemetry in pieces, for versions of the rule that use no other fields than it does.
pub(crate) struct Again<'a> {
    statement: Statement,
    ground: Ground<'a>,
    /// The exceptions of the rule, and so of its versions.
    lists: Vec<&'a ExceptionList>,
    fields: BTreeSet<String>,
    pieces: Vec<Piece>,
}

struct Piece {
    session: Session,
    /// All rows.
    source: Buffer,
    /// Those that the rule looks at.
    passing: Buffer,
}

impl<'a> Again<'a> {
    /// Reads all pieces for a rule; `ground` names no inputs.
    pub(crate) fn new(
        rule: &Rule,
        pieces: &[&[Input]],
        ground: Ground<'a>,
    ) -> Result<Again<'a>, Failed> {
        let query = &rule.query_text;
        let statement = brokerwatch_esql::parse(query).map_err(Failed::Query)?;
        let shared = Session::new(SessionOptions::default()).map_err(Failed::Run)?;
        let lists: Vec<&ExceptionList> =
            ground.lists.iter().filter(|list| list.applies_to(rule)).collect();
        let fields = exceptions::fields_of(&lists);
        let mut again = Again { statement, ground, lists, fields, pieces: Vec::new() };
        let mut leading = Vec::new();
        for inputs in pieces {
            let ground = &again.ground;
            let session = shared.beside(tables(inputs, ground.read, ground.schema.as_ref()));
            let source = session.source_rows(query, &options(0), &again.fields)?;
            let passing = again.passing(query, &session, &source, &mut leading)?;
            again.pieces.push(Piece { session, source, passing });
        }
        Ok(again)
    }

    /// A version of the rule; the error says what is wrong with it.
    pub(crate) fn version<'v>(&'v self, rule: &'v Rule) -> Result<Version<'v>, Failed> {
        let statement = brokerwatch_esql::parse(&rule.query_text).map_err(Failed::Query)?;
        let mine = planner::leading(&rule.query_text, &statement);
        let of_the_rule = planner::leading(&rule.query_text, &self.statement);
        let looks_alike =
            mine == of_the_rule && statement.query.source == self.statement.query.source;
        let (leading, whole) = (Vec::new(), Vec::new());
        Ok(Version { again: self, rule, statement, looks_alike, leading, whole })
    }

    /// Runs a part of the rule's query over each piece: over all rows if it ends within the `WHERE`s right behind the source,
    /// else over the windows that the rule looks at. `behind` is how many commands it has in front of what it asks.
    pub(crate) fn part(
        &self,
        rule: &Rule,
        (query, behind): (&str, usize),
        take: &mut dyn FnMut(&Answer) -> Result<(), Failed>,
    ) -> Result<(), Failed> {
        let is_leading = behind < planner::leading(&rule.query_text, &self.statement).len();
        let mut planned = None;
        for Piece { session, source, passing } in &self.pieces {
            let buffer = if is_leading { source } else { passing };
            planned = planned.filter(|one: &Planned| one.fits(buffer));
            if is_leading {
                let all = 0..buffer.times().len();
                take(&over(session, query, &options(0), buffer, &mut planned, all)?)?;
                continue;
            }
            let windows = windows(rule, &self.statement, buffer, &self.ground);
            let mut looked_at = None;
            for window in windows.map_err(Failed::Run)? {
                let rows = buffer.between(window.from, window.to);
                if asks_the_time(query) {
                    planned = None;
                } else if looked_at.replace(rows.clone()) == Some(rows.clone()) {
                    continue;
                }
                take(&over(session, query, &options(window.now), buffer, &mut planned, rows)?)?;
            }
        }
        Ok(())
    }

    /// The rows of a piece that a version of the rule looks at.
    fn passing(
        &self,
        query: &str,
        session: &Session,
        source: &Buffer,
        leading: &mut Vec<Planned>,
    ) -> Result<Buffer, Failed> {
        if !leading.iter().any(|one| one.fits(source)) {
            let condition = |schema: &Schema| exceptions::silenced(&self.lists, schema).0;
            let left_out = LeftOut { fields: &self.fields, condition: &condition };
            let left_out = (!self.lists.is_empty()).then_some(&left_out);
            let part = Part::Leading(left_out);
            leading.push(session.plan_over((query, part), &options(0), source)?);
        }
        let fitting = leading.iter().rfind(|one| one.fits(source)).or(leading.last());
        fitting.map_or_else(
            || Err(Failed::Run("nothing was planned".to_owned())),
            |planned| session.passing(planned, source),
        )
    }
}

/// A version of a rule, ready to run over the pieces.
pub(crate) struct Version<'v> {
    again: &'v Again<'v>,
    rule: &'v Rule,
    statement: Statement,
    /// Whether it looks at the same rows as the rule itself.
    looks_alike: bool,
    leading: Vec<Planned>,
    whole: Vec<Planned>,
}

impl Version<'_> {
    /// Its alerts over a piece.
    pub(crate) fn alerts(&mut self, piece: usize) -> Result<Vec<Alert>, Failed> {
        let Piece { session, source, passing } = &self.again.pieces[piece];
        let own;
        let buffer = if self.looks_alike {
            passing
        } else {
            let query = &self.rule.query_text;
            own = self.again.passing(query, session, source, &mut self.leading)?;
            &own
        };
        let place = self.whole.iter().position(|one| one.fits(buffer));
        let mut planned = place.map(|place| self.whole.swap_remove(place));
        let (ground, mut warnings) = (&self.again.ground, BTreeSet::new());
        let version = (self.rule, &self.statement);
        let rows = windowed(version, session, buffer, ground, &mut planned, &mut warnings);
        self.whole.extend(planned);
        Ok(Bounded::of(self.rule, rows?).alerts)
    }
}
