//! `ST_DISTANCE`: how far two points are from each other.

use super::spatial::{POINT, one_ground};
use super::{Example, Function, Lists, Returns, param, single};
use crate::types::DataType;
use crate::value::Value;

/// The mean radius of the earth (IUGG, 1980).
const EARTH_RADIUS_METRES: f64 = 6_371_008.771_4;

pub(crate) const FUNCTION: Function = Function {
    name: "ST_DISTANCE",
    aliases: &[],
    doc: "The distance of two points along the surface of the earth, in metres, the earth taken for a sphere; on a plane, in \
          its own units.",
    params: &[param("left", POINT), param("right", POINT)],
    returns: Returns::Always(DataType::Double),
    lists: Lists::Single,
    examples: &[
        Example {
            query: r#"ROW a = TO_GEOPOINT("POINT(13.4 52.5)") | EVAL d = ST_DISTANCE(a, a)"#,
            result: "0.0",
        },
        Example {
            query: r#"ROW d = ROUND(ST_DISTANCE(TO_GEOPOINT("POINT(13.4 52.5)"), TO_GEOPOINT("POINT(2.35 48.86)")) / 1000)"#,
            result: "876.0",
        },
        Example {
            query: r#"ROW d = ST_DISTANCE(TO_CARTESIANPOINT("POINT(1 2)"), TO_CARTESIANPOINT("POINT(4 6)"))"#,
            result: "5.0",
        },
    ],
    compile: |call| {
        let distance = if one_ground(call)? { plane } else { metres };
        single(move |args, _| match (args[0], args[1]) {
            (Value::Point { lon: a, lat: b }, Value::Point { lon: c, lat: d }) => {
                Ok(Some(Value::Double(distance((a, b), (c, d)))))
            }
            _ => Ok(None),
        })
    },
};

fn plane(from: (f64, f64), to: (f64, f64)) -> f64 {
    (to.0 - from.0).hypot(to.1 - from.1)
}

/// The haversine formula, over longitude and latitude in degrees.
fn metres(from: (f64, f64), to: (f64, f64)) -> f64 {
    let (from_lat, to_lat) = (from.1.to_radians(), to.1.to_radians());
    let half_sine = |degrees: f64| (degrees.to_radians() / 2.0).sin().powi(2);
    let haversine =
        half_sine(to.1 - from.1) + from_lat.cos() * to_lat.cos() * half_sine(to.0 - from.0);
    2.0 * EARTH_RADIUS_METRES * haversine.sqrt().min(1.0).asin()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_along_great_circles() {
        let quarter = EARTH_RADIUS_METRES * std::f64::consts::FRAC_PI_2;
        for (from, to, expected) in [
            ((0.0, 0.0), (90.0, 0.0), quarter),
            ((0.0, 0.0), (0.0, -90.0), quarter),
            ((-180.0, 0.0), (180.0, 0.0), 0.0),
            ((0.0, 0.0), (180.0, 0.0), 2.0 * quarter),
            ((10.0, 90.0), (-70.0, 90.0), 0.0),
        ] {
            assert!((metres(from, to) - expected).abs() < 1e-6, "{from:?} {to:?}");
        }
    }
}
