//! Shapes on the plane of longitude and latitude: their well-known text, and how they lie to each other.
//!
//! Lines between two places are straight on that plane, and none crosses the date line.

mod grid;
mod relate;
mod text;

pub(super) use grid::Grid;
pub(super) use relate::Parts;

use crate::value::{Arena, Value};

/// A place: longitude and latitude in degrees.
pub(super) type Place = (f64, f64);

/// A shape (OGC 06-103r4).
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    /// `POINT (lon lat)`
    Point(Place),
    /// `LINESTRING (lon lat, ...)`
    Line(Vec<Place>),
    /// `POLYGON ((...), (...))`: an outer ring, then the holes in it.
    Polygon(Vec<Vec<Place>>),
    /// `BBOX (west, east, north, south)`
    Box(Bounds),
    /// Several shapes, under the name that they have together, such as `MULTIPOINT`.
    Several(&'static str, Vec<Shape>),
}

/// The smallest box around a shape.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bounds {
    pub(super) west: f64,
    pub(super) east: f64,
    pub(super) north: f64,
    pub(super) south: f64,
}

impl Shape {
    /// The shape that a value of either kind says: a point, or the text of a shape.
    pub(super) fn of(value: Value<'_>) -> Option<Shape> {
        match value {
            Value::Point { lon, lat } => Some(Shape::Point((lon, lat))),
            Value::Text(text) => Shape::parse(text).ok(),
            _ => None,
        }
    }

    /// Every place that is written in it, those of rings and boxes as often as their outline passes them.
    pub(super) fn places(&self) -> Vec<Place> {
        match self {
            Shape::Point(place) => vec![*place],
            Shape::Line(places) => places.clone(),
            Shape::Polygon(rings) => rings.concat(),
            Shape::Box(bounds) => bounds.ring(),
            Shape::Several(_, shapes) => shapes.iter().flat_map(Shape::places).collect(),
        }
    }

    /// The smallest box around it; none around nothing.
    pub(super) fn bounds(&self) -> Option<Bounds> {
        self.places().into_iter().fold(None, |bounds: Option<Bounds>, (lon, lat)| {
            let before = bounds.unwrap_or(Bounds { west: lon, east: lon, north: lat, south: lat });
            Some(Bounds {
                west: before.west.min(lon),
                east: before.east.max(lon),
                north: before.north.max(lat),
                south: before.south.min(lat),
            })
        })
    }

    /// Its text as a value.
    pub(super) fn value<'v>(&self, arena: &'v Arena) -> Value<'v> {
        arena.text(&self.to_string())
    }
}

impl Bounds {
    /// Whether two boxes share more than an edge.
    pub(super) fn overlaps(self, other: Bounds) -> bool {
        self.west < other.east
            && other.west < self.east
            && self.south < other.north
            && other.south < self.north
    }

    /// The outline, closed.
    fn ring(self) -> Vec<Place> {
        let Bounds { west, east, north, south } = self;
        vec![(west, south), (east, south), (east, north), (west, north), (west, south)]
    }
}
