//! `ST_EXTENT_AGG`: the smallest box around points and shapes.

use super::accumulate::{Accumulate, Row};
use super::{Aggregate, Gives};
use crate::block::Builder;
use crate::functions::{Example, Returns, bounds_of, box_text, box_type, param};
use crate::types::{DataType, Types};
use crate::value::{Arena, Value};
use crate::warnings::Failure;

pub(super) const AGGREGATE: Aggregate = Aggregate {
    name: "ST_EXTENT_AGG",
    aliases: &[],
    doc: "The smallest box around all points or shapes, as `BBOX (west, east, north, south)`. One across the date line, \
          whose west is greater than its east, where that is narrower.",
    params: &[param("shape", Types::of(&[
        DataType::GeoPoint,
        DataType::GeoShape,
        DataType::CartesianPoint,
        DataType::CartesianShape,
    ]))],
    returns: Returns::From(box_type),
    gives: Gives::One,
    examples: &[
        Example {
            query: r#"ROW p = ["POINT(1 2)", "POINT(-3 6)"] | STATS e = ST_EXTENT_AGG(p::geo_point)"#,
            result: "BBOX (-3.0, 1.0, 6.0, 2.0)",
        },
        Example {
            query: r#"ROW p = ["POINT(170 2)", "POINT(-170 6)"] | STATS e = ST_EXTENT_AGG(p::geo_point)"#,
            result: "BBOX (170.0, -170.0, 6.0, 2.0)",
        },
        Example {
            query: r#"ROW p = ["POINT(170 2)", "POINT(-170 6)"] | STATS e = ST_EXTENT_AGG(p::cartesian_point)"#,
            result: "BBOX (-170.0, 170.0, 6.0, 2.0)",
        },
        Example {
            query: r#"ROW p = "POINT(1 2)"::geo_point | WHERE false | STATS e = ST_EXTENT_AGG(p)"#,
            result: "null",
        },
    ],
    plan: |call| {
        let empty = Extent { is_flat: call.ty(0).is_cartesian(), ..Extent::default() };
        Ok(call.own(&AGGREGATE, empty, &[0]))
    },
};

/// The bounds of what is east and of what is west of the meridian of Greenwich, each least and greatest longitude, and
/// those of all latitudes.
#[derive(Debug, Clone, Default)]
struct Extent {
    /// Whether it lies on a plane, which has no date line.
    is_flat: bool,
    eastern: Option<(f64, f64)>,
    western: Option<(f64, f64)>,
    lats: Option<(f64, f64)>,
}

fn widen(bounds: &mut Option<(f64, f64)>, number: f64) {
    let (least, greatest) = bounds.unwrap_or((number, number));
    *bounds = Some((least.min(number), greatest.max(number)));
}

impl Extent {
    fn add(&mut self, lon: f64, lat: f64) {
        widen(if lon < 0.0 { &mut self.western } else { &mut self.eastern }, lon);
        widen(&mut self.lats, lat);
    }

    /// West and east.
    fn lons(&self) -> Option<(f64, f64)> {
        match (self.western, self.eastern) {
            (None, one) | (one, None) => one,
            (Some((west, west_inner)), Some((east_inner, east))) => {
                let through_greenwich = east - west;
                let through_date_line = (180.0 - east_inner) + (180.0 + west_inner);
                if self.is_flat || through_greenwich <= through_date_line {
                    Some((west, east))
                } else {
                    Some((east_inner, west_inner))
                }
            }
        }
    }
}

impl Accumulate for Extent {
    fn parts(&self) -> Vec<DataType> {
        vec![DataType::Double; 3]
    }

    fn update(&mut self, row: Row<'_, '_>) -> Result<(), Failure> {
        for value in row.list(0) {
            if let Some((west, east, north, south)) = bounds_of(*value) {
                self.add(west, north);
                self.add(east, south);
            }
        }
        Ok(())
    }

    fn save(&self, parts: &mut [Builder]) {
        for (part, bounds) in parts.iter_mut().zip([self.eastern, self.western, self.lats]) {
            let ends = bounds.map(|(least, greatest)| [least, greatest].map(Value::Double));
            part.push(ends.as_ref().map(<[Value<'_>; 2]>::as_slice).unwrap_or_default());
        }
    }

    fn merge(&mut self, state: Row<'_, '_>) {
        let own = [&mut self.eastern, &mut self.western, &mut self.lats];
        for (at, bounds) in own.into_iter().enumerate() {
            let ends = state.list(at).iter().filter_map(Value::as_f64);
            ends.for_each(|number| widen(bounds, number));
        }
    }

    fn finish(&mut self, into: &mut Builder) -> Result<(), Failure> {
        let arena = Arena::default();
        let text = self.lons().zip(self.lats).map(|((west, east), (south, north))| {
            box_text((west, east, north, south), &arena)
        });
        into.push(text.as_slice());
        Ok(())
    }
}
