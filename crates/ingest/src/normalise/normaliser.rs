//! A source's mapping, compiled for one run: from an item of the source to an event of ECS, and to its whole document.

use std::sync::OnceLock;

use brokerwatch_ecs::{Event, Origin, Projection, Slot};
use bumpalo::Bump;
use serde_json::{Map, Value};

use super::mapping::{ALL, Kind, Mapping, load};
use super::{Program, document};
use crate::readers::{Item, Source, SourcePlan};

/// Turns the items of one source into events.
pub struct Normaliser {
    source: &'static Source,
    mapping: Mapping,
    kind: Kind,
    wanted: Compiled,
    /// Everything that the mapping can set; compiled when the first document is asked for.
    whole: OnceLock<Compiled>,
    /// The wanted fields that the mapping cannot set.
    absent: Vec<Slot>,
}

/// A mapping compiled for some fields.
struct Compiled {
    target: Projection,
    plan: SourcePlan,
    program: Program,
}

impl Normaliser {
    /// A normaliser that fills the fields of `target`.
    ///
    /// # Panics
    /// If the source has no mapping, or a wrong one: mappings are part of the program, and its tests load all of them.
    pub fn new(source: &'static Source, kind: Kind, target: &Projection) -> Normaliser {
        let (_, text) = ALL
            .iter()
            .find(|(name, _)| *name == source.mapping)
            .unwrap_or_else(|| panic!("`{}` has no mapping `{}`", source.name, source.mapping));
        let mapping =
            load(text).unwrap_or_else(|error| panic!("mapping `{}`: {error}", source.mapping));
        let wanted = Compiled::new(source, &mapping, kind, target.clone());
        let absent = target.fields().filter(|(_, field)| !mapping.can_set(kind, &field.name));
        let absent = absent.map(|(slot, _)| slot).collect();
        Normaliser { source, mapping, kind, wanted, whole: OnceLock::new(), absent }
    }

    /// The source.
    pub fn source(&self) -> &'static Source {
        self.source
    }

    /// The wanted fields that no event of this source can have.
    pub fn absent(&self) -> &[Slot] {
        &self.absent
    }

    /// An event with room for the fields of the source that are read; [`Normaliser::read`] uses it again and again.
    pub fn fields<'c>(&self) -> Event<'c> {
        Event::new(&self.wanted.plan.projection)
    }

    /// Fills `event`, which the caller has reset. Gives how many values did not fit their field; an error is the reason
    /// why the item cannot be read.
    pub fn read<'c>(
        &self,
        item: &dyn Item<'c>,
        arena: &'c Bump,
        fields: &mut Event<'c>,
        event: &mut Event<'c>,
    ) -> Result<u32, String> {
        self.wanted.read(item, arena, fields, event)
    }

    /// The whole document of an item; an error is the reason why it cannot be read.
    pub fn document<'c>(
        &self,
        item: &dyn Item<'c>,
        arena: &'c Bump,
    ) -> Result<Map<String, Value>, String> {
        let whole = self.whole.get_or_init(|| {
            let (mut target, schema) = (Projection::new(), self.mapping.schema());
            for name in self.mapping.targets(self.kind) {
                target.want(name, &schema);
            }
            Compiled::new(self.source, &self.mapping, self.kind, target)
        });
        let mut fields = Event::new(&whole.plan.projection);
        let mut event = Event::new(&whole.target);
        whole.read(item, arena, &mut fields, &mut event)?;
        Ok(document(&event, &whole.target))
    }
}

impl Compiled {
    fn new(source: &Source, mapping: &Mapping, kind: Kind, target: Projection) -> Compiled {
        let program = Program::new(mapping, kind, &target);
        let plan = SourcePlan::new(program.source(), source);
        Compiled { target, plan, program }
    }

    fn read<'c>(
        &self,
        item: &dyn Item<'c>,
        arena: &'c Bump,
        fields: &mut Event<'c>,
        event: &mut Event<'c>,
    ) -> Result<u32, String> {
        fields.reset(&[], Origin::default());
        item.fill(&self.plan, arena, fields)?;
        Ok(self.program.run(fields, arena, event))
    }
}
