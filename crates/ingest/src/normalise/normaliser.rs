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
        let absent = target.fields().filter(|(_, field)| {
            !mapping.can_set(kind, &field.name) && !mapping.can_set(kind, &field.path)
        });
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
    ///
    /// An item of which [`Normaliser::read`] gives an event has a document: if a field that is not wanted is what cannot
    /// be read, it has the wanted ones, and the reason under `error.message`.
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
        whole.document(item, arena).or_else(|why| {
            let mut document = self.wanted.document(item, arena)?;
            document::put(&mut document, "error.message", Value::String(why));
            Ok(document)
        })
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

    fn document<'c>(
        &self,
        item: &dyn Item<'c>,
        arena: &'c Bump,
    ) -> Result<Map<String, Value>, String> {
        let mut fields = Event::new(&self.plan.projection);
        let mut event = Event::new(&self.target);
        self.read(item, arena, &mut fields, &mut event)?;
        Ok(document(&event, &self.target))
    }
}

#[cfg(test)]
mod tests {
    use brokerwatch_ecs::Schema;
    use serde_json::json;

    use super::*;
    use crate::readers;

    /// A row of Zeek's that is damaged where its `uid` stands, and perhaps where its destination does.
    struct Damaged {
        is_more: bool,
    }

    impl<'c> Item<'c> for Damaged {
        fn fill(
            &self,
            plan: &SourcePlan,
            _: &'c Bump,
            fields: &mut Event<'c>,
        ) -> Result<(), String> {
            let damaged = if self.is_more { &["uid", "id.resp_h"][..] } else { &["uid"] };
            if damaged.iter().any(|name| plan.slot(name).is_some()) {
                return Err("damaged".to_owned());
            }
            plan.push_text(fields, "id.resp_h", "203.0.113.9");
            Ok(())
        }
    }

    /// A message that Zeek saw.
    struct Message;

    impl<'c> Item<'c> for Message {
        fn fill(
            &self,
            plan: &SourcePlan,
            _: &'c Bump,
            fields: &mut Event<'c>,
        ) -> Result<(), String> {
            for (name, value) in
                [("_path", "mqtt_publish"), ("retain", "true"), ("payload_len", "4096")]
            {
                plan.push_text(fields, name, value);
            }
            Ok(())
        }
    }

    #[test]
    fn a_field_of_the_sources_own_has_its_type_for_who_does_not_know_it() {
        let source = readers::source("zeek-json").unwrap();
        let mut target = Projection::new();
        let retain = target.want("zeek.mqtt.retain", &Schema::open());
        let length = target.want("zeek.mqtt.payload_len", &Schema::open());
        let normaliser = Normaliser::new(source, Kind::Elastic, &target);
        let arena = Bump::new();
        let (mut fields, mut event) = (normaliser.fields(), Event::new(&target));
        event.reset(b"", Origin::default());
        assert_eq!(normaliser.read(&Message, &arena, &mut fields, &mut event), Ok(0));
        assert_eq!(event.values(retain), [brokerwatch_ecs::Value::Boolean(true)]);
        assert_eq!(event.values(length), [brokerwatch_ecs::Value::Long(4096)]);
    }

    #[test]
    fn what_is_read_has_a_document() {
        let source = readers::source("zeek-json").unwrap();
        let mut target = Projection::new();
        target.want("destination.ip", &Schema::open());
        let normaliser = Normaliser::new(source, Kind::Elastic, &target);
        let (arena, item) = (Bump::new(), Damaged { is_more: false });
        let (mut fields, mut event) = (normaliser.fields(), Event::new(&target));
        event.reset(b"", Origin::default());
        assert_eq!(normaliser.read(&item, &arena, &mut fields, &mut event), Ok(0));
        let expected =
            json!({"destination": {"ip": "203.0.113.9"}, "error": {"message": "damaged"}});
        assert_eq!(normaliser.document(&item, &arena).map(Value::Object), Ok(expected));
        let item = Damaged { is_more: true };
        assert_eq!(normaliser.document(&item, &arena), Err("damaged".to_owned()));
    }
}
