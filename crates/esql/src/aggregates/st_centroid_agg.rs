//! `ST_CENTROID_AGG`: the middle of points.

use super::accumulate::{Accumulate, Row};
use super::total::Compensated;
use super::{Aggregate, Gives};
use crate::block::Builder;
use crate::functions::{Example, Returns, param};
use crate::types::{DataType, Types};
use crate::value::Value;
use crate::warnings::Failure;

pub(super) const AGGREGATE: Aggregate = Aggregate {
    name: "ST_CENTROID_AGG",
    aliases: &[],
    doc: "The middle of all points: the mean of their longitudes and of their latitudes.",
    params: &[param("point", Types::of(&[DataType::GeoPoint, DataType::CartesianPoint]))],
    returns: Returns::Like(0),
    gives: Gives::One,
    examples: &[
        Example {
            query: r#"ROW p = ["POINT(1 2)", "POINT(3 6)"] | STATS c = ST_CENTROID_AGG(p::geo_point)"#,
            result: "POINT (2.0 4.0)",
        },
        Example {
            query: r#"ROW p = "POINT(1 2)"::geo_point | WHERE false | STATS c = ST_CENTROID_AGG(p)"#,
            result: "null",
        },
    ],
    plan: |call| Ok(call.own(&AGGREGATE, Centroid::default(), &[0])),
};

#[derive(Debug, Clone, Default)]
struct Centroid {
    count: f64,
    lon: Compensated,
    lat: Compensated,
}

impl Accumulate for Centroid {
    fn parts(&self) -> Vec<DataType> {
        vec![DataType::Double, DataType::Double, DataType::Double]
    }

    fn update(&mut self, row: Row<'_, '_>) -> Result<(), Failure> {
        for value in row.list(0) {
            if let Value::Point { lon, lat } = *value {
                self.count += 1.0;
                self.lon.add(lon);
                self.lat.add(lat);
            }
        }
        Ok(())
    }

    fn save(&self, parts: &mut [Builder]) {
        parts[0].push(&[Value::Double(self.count)]);
        parts[1].push(&self.lon.values());
        parts[2].push(&self.lat.values());
    }

    fn merge(&mut self, state: Row<'_, '_>) {
        self.count += state.first(0).and_then(|count| count.as_f64()).unwrap_or_default();
        self.lon.merge(state.list(1));
        self.lat.merge(state.list(2));
    }

    fn finish(&mut self, into: &mut Builder) -> Result<(), Failure> {
        let (lon, lat) = (self.lon.get() / self.count, self.lat.get() / self.count);
        let middle = (0.0 < self.count).then_some(Value::Point { lon, lat });
        into.push(middle.as_slice());
        Ok(())
    }
}
