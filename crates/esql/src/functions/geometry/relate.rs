//! How shapes lie to each other. What is on an outline belongs to the shape.

use super::{Place, Shape};

type Segment = (Place, Place);

/// The degrees, a tenth of a millimetre on the ground, that rounding may put a place beside the line it is on.
const NEAR: f64 = 1e-9;

/// A shape taken apart into places, lines and areas.
#[derive(Debug, Default)]
pub(in crate::functions) struct Parts {
    places: Vec<Place>,
    lines: Vec<Vec<Place>>,
    /// Rings, the outer one first.
    areas: Vec<Vec<Vec<Place>>>,
}

impl Parts {
    /// The parts of a shape.
    pub(in crate::functions) fn of(shape: &Shape) -> Parts {
        let mut parts = Parts::default();
        parts.add(shape);
        parts
    }

    fn add(&mut self, shape: &Shape) {
        match shape {
            Shape::Point(place) => self.places.push(*place),
            Shape::Line(places) if !places.is_empty() => self.lines.push(places.clone()),
            Shape::Polygon(rings) if !rings.is_empty() => self.areas.push(rings.clone()),
            Shape::Line(_) | Shape::Polygon(_) => {}
            Shape::Box(bounds) => self.areas.push(vec![bounds.ring()]),
            Shape::Several(_, shapes) => shapes.iter().for_each(|shape| self.add(shape)),
        }
    }

    /// Whether the two share a place.
    pub(in crate::functions) fn intersects(&self, other: &Parts) -> bool {
        self.vertices().any(|place| other.has(place))
            || other.vertices().any(|place| self.has(place))
            || self.segments().any(|one| other.segments().any(|two| crossing(one, two).is_some()))
    }

    /// Whether every place of this one is one of the other. Nothing lies in anything.
    pub(in crate::functions) fn is_within(&self, other: &Parts) -> bool {
        let mut vertices = self.vertices().peekable();
        vertices.peek().is_some()
            && vertices.all(|place| other.has(place))
            && self.segments().all(|segment| other.has_segment(segment))
            && !other.holes().any(|hole| self.is_around(hole))
    }

    /// Whether a place is on or in one of the parts.
    fn has(&self, place: Place) -> bool {
        self.places.contains(&place)
            || self.lines.iter().any(|line| on_line(place, line))
            || self.areas.iter().any(|rings| in_area(place, rings))
    }

    /// Whether a segment, whose ends are here, is here between them: it is cut where outlines cross it.
    fn has_segment(&self, (from, to): Segment) -> bool {
        let mut cuts: Vec<f64> =
            self.segments().filter_map(|outline| crossing((from, to), outline)).collect();
        cuts.extend([0.0, 1.0]);
        cuts.sort_by(f64::total_cmp);
        cuts.windows(2).all(|cut| {
            let middle = f64::midpoint(cut[0], cut[1]);
            cut[1] <= cut[0] || self.has(between(from, to, middle))
        })
    }

    /// Whether a hole lies inside one of the areas, so that they reach over it.
    fn is_around(&self, hole: &[Place]) -> bool {
        let inside = |rings: &Vec<Vec<Place>>| {
            hole.iter().all(|place| in_area(*place, rings))
                && !rings[1..].iter().any(|own| hole.iter().all(|place| on_line(*place, own)))
        };
        self.areas.iter().any(inside)
    }

    fn holes(&self) -> impl Iterator<Item = &[Place]> {
        self.areas.iter().flat_map(|rings| rings.iter().skip(1)).map(Vec::as_slice)
    }

    fn vertices(&self) -> impl Iterator<Item = Place> {
        let outlines = self.lines.iter().chain(self.areas.iter().flatten());
        self.places.iter().chain(outlines.flatten()).copied()
    }

    fn segments(&self) -> impl Iterator<Item = Segment> {
        let outlines = self.lines.iter().chain(self.areas.iter().flatten());
        outlines.flat_map(|line| line.windows(2).map(|pair| (pair[0], pair[1])))
    }
}

/// Twice the area of a triangle: zero where the three are on one line.
fn turn(a: Place, b: Place, c: Place) -> f64 {
    (b.0 - a.0) * (c.1 - a.1) - (b.1 - a.1) * (c.0 - a.0)
}

/// Whether a place is nearer to a segment than can be told apart.
fn on_segment(place: Place, (from, to): Segment) -> bool {
    let length = (to.0 - from.0).hypot(to.1 - from.1);
    turn(from, to, place).abs() <= length * NEAR
        && from.0.min(to.0) - NEAR <= place.0
        && place.0 <= from.0.max(to.0) + NEAR
        && from.1.min(to.1) - NEAR <= place.1
        && place.1 <= from.1.max(to.1) + NEAR
}

fn on_line(place: Place, line: &[Place]) -> bool {
    line.windows(2).any(|pair| on_segment(place, (pair[0], pair[1])))
}

/// Whether a place is in an area or on its outline, and in none of its holes.
fn in_area(place: Place, rings: &[Vec<Place>]) -> bool {
    if rings.iter().any(|ring| on_line(place, ring)) {
        return true;
    }
    let mut rings = rings.iter();
    rings.next().is_some_and(|outer| in_ring(place, outer))
        && !rings.any(|hole| in_ring(place, hole))
}

/// Counts how often a ray from the place to the east crosses the ring.
fn in_ring((lon, lat): Place, ring: &[Place]) -> bool {
    let crossings = ring.windows(2).filter(|pair| {
        let (from, to) = (pair[0], pair[1]);
        (lat < from.1) != (lat < to.1)
            && lon < (to.0 - from.0) * (lat - from.1) / (to.1 - from.1) + from.0
    });
    crossings.count() % 2 == 1
}

/// Where, from 0 to 1 along the first segment, the second one crosses it. Of segments on one line an end that they
/// share.
fn crossing((a, b): Segment, (c, d): Segment) -> Option<f64> {
    let along = (b.0 - a.0, b.1 - a.1);
    let other = (d.0 - c.0, d.1 - c.1);
    let area = along.0 * other.1 - along.1 * other.0;
    if area == 0.0 {
        let shared = [c, d].into_iter().find(|end| on_segment(*end, (a, b)))?;
        let length = along.0 * along.0 + along.1 * along.1;
        let at = (shared.0 - a.0) * along.0 + (shared.1 - a.1) * along.1;
        return Some(if length == 0.0 { 0.0 } else { at / length });
    }
    let apart = (c.0 - a.0, c.1 - a.1);
    let on_first = (apart.0 * other.1 - apart.1 * other.0) / area;
    let on_second = (apart.0 * along.1 - apart.1 * along.0) / area;
    let within = 0.0..=1.0;
    (within.contains(&on_first) && within.contains(&on_second)).then_some(on_first)
}

fn between(from: Place, to: Place, part: f64) -> Place {
    (from.0 + (to.0 - from.0) * part, from.1 + (to.1 - from.1) * part)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SQUARE: &str = "POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0))";
    const RING: &str = "POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0), (4 4, 6 4, 6 6, 4 6, 4 4))";

    #[test]
    fn shapes_meet_or_lie_in_each_other() {
        for (one, two, meets, within) in [
            ("POINT (1 2)", "POINT (1 2)", true, true),
            ("POINT (1 2)", "POINT (2 1)", false, false),
            ("POINT (5 5)", SQUARE, true, true),
            ("POINT (10 5)", SQUARE, true, true),
            ("POINT (10.1 5)", SQUARE, false, false),
            ("POINT (5 5)", RING, false, false),
            ("POINT (4 5)", RING, true, true),
            ("POINT (5 5)", "LINESTRING (0 0, 10 10)", true, true),
            ("MULTIPOINT (1 1, 20 20)", SQUARE, true, false),
            ("LINESTRING (-5 5, 15 5)", SQUARE, true, false),
            ("LINESTRING (1 5, 9 5)", SQUARE, true, true),
            ("LINESTRING (1 5, 9 5)", RING, true, false),
            ("LINESTRING (0 0, 10 0)", SQUARE, true, true),
            ("LINESTRING (-2 5, 5 12)", "LINESTRING (0 12, 5 7)", true, false),
            (SQUARE, "BBOX (0, 10, 10, 0)", true, true),
            (SQUARE, RING, true, false),
            (RING, SQUARE, true, true),
            (RING, RING, true, true),
            ("POLYGON ((1 1, 2 1, 2 2, 1 1))", SQUARE, true, true),
            ("POLYGON ((1 1, 2 1, 2 2, 1 1))", RING, true, true),
            ("POLYGON ((4.5 4.5, 5 4.5, 5 5, 4.5 4.5))", RING, false, false),
            ("POLYGON ((11 0, 12 0, 12 1, 11 0))", SQUARE, false, false),
            ("POLYGON ((-5 -5, 15 -5, 15 15, -5 15, -5 -5))", SQUARE, true, false),
            ("LINESTRING (0.1 0.3, 0.2 0.6)", "LINESTRING (0 0, 1 3)", true, true),
            ("LINESTRING EMPTY", SQUARE, false, false),
        ] {
            let parts = |text| Parts::of(&Shape::parse(text).unwrap());
            let (first, second) = (parts(one), parts(two));
            assert_eq!(first.intersects(&second), meets, "{one} {two}");
            assert_eq!(second.intersects(&first), meets, "{two} {one}");
            assert_eq!(first.is_within(&second), within, "{one} {two}");
        }
    }
}
