//! Shapes from and to well-known text. What is wrong is said in the words of Elasticsearch's parser.

use std::fmt;

use brokerwatch_ecs::number::{double_from_text, java_double};

use super::{Bounds, Place, Shape};
use crate::limits::{SHAPE_DEPTH_MAX, SHAPE_PLACES_MAX};

/// The shapes that are several of one kind, with the name of one.
const SEVERAL: [(&str, &str); 3] =
    [("MULTIPOINT", "POINT"), ("MULTILINESTRING", "LINESTRING"), ("MULTIPOLYGON", "POLYGON")];
const COLLECTION: &str = "GEOMETRYCOLLECTION";

impl Shape {
    /// Reads a shape; altitudes are read and dropped.
    pub(in crate::functions) fn parse(text: &str) -> Result<Shape, String> {
        let mut tokens = Tokens { rest: text, places: 0 };
        let shape = tokens.shape(0)?;
        match tokens.next() {
            None => Ok(shape),
            more => Err(format!(
                "expected end of WKT string but found additional text: {}",
                shown(more)
            )),
        }
    }
}

/// Words, numbers and punctuation.
struct Tokens<'t> {
    rest: &'t str,
    places: usize,
}

impl<'t> Tokens<'t> {
    fn shape(&mut self, depth: usize) -> Result<Shape, String> {
        let word = match self.next() {
            Some(word) if word.starts_with(|c: char| c.is_ascii_alphabetic()) => word,
            other => return Err(format!("expected word but found: {}", shown(other))),
        };
        let name = word.to_ascii_uppercase();
        if name == COLLECTION {
            if SHAPE_DEPTH_MAX <= depth {
                return Err(format!("more than {SHAPE_DEPTH_MAX} collections in each other"));
            }
            let shapes = self.list(|tokens| tokens.shape(depth + 1))?;
            return Ok(Shape::Several(COLLECTION, shapes));
        }
        if let Some((name, one)) = SEVERAL.into_iter().find(|(own, _)| *own == name) {
            let shapes = self.list(|tokens| tokens.body(one, name == "MULTIPOINT"))?;
            return Ok(Shape::Several(name, shapes));
        }
        match name.as_str() {
            "POINT" | "LINESTRING" | "POLYGON" | "BBOX" => self.body(&name, false),
            _ => Err(format!("Unknown geometry type: {}", word.to_lowercase())),
        }
    }

    /// What stands behind the name of a shape.
    fn body(&mut self, name: &str, bare: bool) -> Result<Shape, String> {
        match name {
            "POINT" if bare && !self.rest.trim_start().starts_with('(') => {
                Ok(Shape::Point(self.place()?))
            }
            "POINT" => {
                self.mark("(")?;
                let place = self.place()?;
                self.mark(")")?;
                Ok(Shape::Point(place))
            }
            "LINESTRING" => Ok(Shape::Line(self.line()?)),
            "BBOX" => self.bbox(),
            _ => Ok(Shape::Polygon(self.list(Tokens::ring)?)),
        }
    }

    /// `( a, b, ... )`, or `EMPTY`.
    fn list<T>(
        &mut self,
        mut one: impl FnMut(&mut Self) -> Result<T, String>,
    ) -> Result<Vec<T>, String> {
        match self.next() {
            Some(word) if word.eq_ignore_ascii_case("empty") => return Ok(Vec::new()),
            Some("(") => {}
            other => return Err(format!("expected ( but found: {}", shown(other))),
        }
        let mut found = vec![one(self)?];
        loop {
            match self.next() {
                Some(",") => found.push(one(self)?),
                Some(")") => return Ok(found),
                other => return Err(format!("expected , or ) but found: {}", shown(other))),
            }
        }
    }

    fn line(&mut self) -> Result<Vec<Place>, String> {
        let places = self.list(Tokens::place)?;
        match places.len() {
            1 => Err("at least two points in the line is required".to_owned()),
            _ => Ok(places),
        }
    }

    fn ring(&mut self) -> Result<Vec<Place>, String> {
        let places = self.list(Tokens::place)?;
        if places.len() < 4 {
            return Err("at least 4 points are required in a polygon".to_owned());
        }
        if places.first() != places.last() {
            return Err("first and last points of the linear ring must be the same".to_owned());
        }
        Ok(places)
    }

    fn bbox(&mut self) -> Result<Shape, String> {
        self.mark("(")?;
        let west = self.number()?;
        self.mark(",")?;
        let east = self.number()?;
        self.mark(",")?;
        let north = self.number()?;
        self.mark(",")?;
        let south = self.number()?;
        self.mark(")")?;
        if north < south {
            return Err(format!(
                "max y cannot be less than min y: {} < {}",
                java_double(north),
                java_double(south)
            ));
        }
        Ok(Shape::Box(Bounds { west, east, north, south }))
    }

    fn place(&mut self) -> Result<Place, String> {
        self.places += 1;
        if SHAPE_PLACES_MAX < self.places {
            return Err(format!("more than {SHAPE_PLACES_MAX} points"));
        }
        let place = (self.number()?, self.number()?);
        let (altitude, behind) = token(self.rest);
        if altitude.and_then(double_from_text).is_some() {
            self.rest = behind;
        }
        Ok(place)
    }

    fn mark(&mut self, mark: &str) -> Result<(), String> {
        match self.next() {
            Some(found) if found == mark => Ok(()),
            other => Err(format!("expected {mark} but found: {}", shown(other))),
        }
    }

    fn number(&mut self) -> Result<f64, String> {
        let token = self.next();
        let number = token.and_then(double_from_text).filter(|number| number.is_finite());
        number.ok_or_else(|| format!("expected number but found: {}", shown(token)))
    }

    fn next(&mut self) -> Option<&'t str> {
        let (token, rest) = token(self.rest);
        self.rest = rest;
        token
    }
}

/// The first token of a text, and what is behind it.
fn token(text: &str) -> (Option<&str>, &str) {
    let text = text.trim_start();
    let is_mark = |c: char| matches!(c, '(' | ')' | ',');
    let Some(first) = text.chars().next() else { return (None, text) };
    let end = if is_mark(first) {
        first.len_utf8()
    } else {
        text.find(|c: char| c.is_whitespace() || is_mark(c)).unwrap_or(text.len())
    };
    let (token, rest) = text.split_at(end);
    (Some(token), rest)
}

fn shown(token: Option<&str>) -> String {
    match token {
        None => "END-OF-STREAM".to_owned(),
        Some(mark @ ("(" | ")" | ",")) => format!("'{mark}'"),
        Some(word) => word.to_owned(),
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Shape::Point(_) => f.write_str("POINT ")?,
            Shape::Line(_) => f.write_str("LINESTRING ")?,
            Shape::Polygon(_) => f.write_str("POLYGON ")?,
            Shape::Box(_) => f.write_str("BBOX ")?,
            Shape::Several(name, _) => write!(f, "{name} ")?,
        }
        write_body(self, f)
    }
}

fn write_body(shape: &Shape, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match shape {
        Shape::Point(place) => write_list(std::slice::from_ref(place), f, write_place),
        Shape::Line(places) => write_list(places, f, write_place),
        Shape::Polygon(rings) => write_list(rings, f, |ring, f| write_list(ring, f, write_place)),
        Shape::Box(Bounds { west, east, north, south }) => {
            let [west, east, north, south] = [*west, *east, *north, *south].map(java_double);
            write!(f, "({west}, {east}, {north}, {south})")
        }
        Shape::Several(COLLECTION, shapes) => {
            write_list(shapes, f, |shape, f| write!(f, "{shape}"))
        }
        Shape::Several("MULTIPOINT", shapes) => write_list(shapes, f, |shape, f| match shape {
            Shape::Point(place) => write_place(place, f),
            other => write_body(other, f),
        }),
        Shape::Several(_, shapes) => write_list(shapes, f, write_body),
    }
}

fn write_list<T>(
    list: &[T],
    f: &mut fmt::Formatter<'_>,
    one: impl Fn(&T, &mut fmt::Formatter<'_>) -> fmt::Result,
) -> fmt::Result {
    if list.is_empty() {
        return f.write_str("EMPTY");
    }
    for (at, item) in list.iter().enumerate() {
        f.write_str(if at == 0 { "(" } else { ", " })?;
        one(item, f)?;
    }
    f.write_str(")")
}

fn write_place((lon, lat): &Place, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{} {}", java_double(*lon), java_double(*lat))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_read_and_written() {
        for (text, written) in [
            ("point(1 2)", "POINT (1.0 2.0)"),
            ("POINT(1 2 300)", "POINT (1.0 2.0)"),
            ("LINESTRING (30 10, 10.5 30)", "LINESTRING (30.0 10.0, 10.5 30.0)"),
            ("polygon((0 0,4 0,4 4,0 0))", "POLYGON ((0.0 0.0, 4.0 0.0, 4.0 4.0, 0.0 0.0))"),
            ("MULTIPOINT (1 2, (3 4))", "MULTIPOINT (1.0 2.0, 3.0 4.0)"),
            ("MULTILINESTRING ((0 0, 1 1))", "MULTILINESTRING ((0.0 0.0, 1.0 1.0))"),
            (
                "MULTIPOLYGON (((0 0, 4 0, 4 4, 0 0)))",
                "MULTIPOLYGON (((0.0 0.0, 4.0 0.0, 4.0 4.0, 0.0 0.0)))",
            ),
            (
                "GEOMETRYCOLLECTION (POINT (1 2), LINESTRING EMPTY)",
                "GEOMETRYCOLLECTION (POINT (1.0 2.0), LINESTRING EMPTY)",
            ),
            ("BBOX (1, 2, 4, 3)", "BBOX (1.0, 2.0, 4.0, 3.0)"),
        ] {
            let shape = Shape::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(shape.to_string(), written);
            assert_eq!(Shape::parse(written).unwrap(), shape);
        }
    }

    #[test]
    fn what_is_no_shape_is_told() {
        for (text, reason) in [
            ("", "expected word but found: END-OF-STREAM"),
            ("CIRCLE (1 2 3)", "Unknown geometry type: circle"),
            ("POINT (1)", "expected number but found: ')'"),
            ("LINESTRING (1 2)", "at least two points in the line is required"),
            (
                "POLYGON ((0 0, 1 0, 1 1, 5 5))",
                "first and last points of the linear ring must be the same",
            ),
            ("POLYGON ((0 0, 1 0, 0 0))", "at least 4 points are required in a polygon"),
            ("POINT (1 2) 3", "expected end of WKT string but found additional text: 3"),
            ("BBOX (1, 2, 3, 4)", "max y cannot be less than min y: 3.0 < 4.0"),
        ] {
            assert_eq!(Shape::parse(text).unwrap_err(), reason, "{text}");
        }
        let deep = "GEOMETRYCOLLECTION (".repeat(100_000);
        assert!(Shape::parse(&deep).unwrap_err().contains("collections in each other"));
        let long = format!("LINESTRING ({})", vec!["1 2"; SHAPE_PLACES_MAX + 1].join(","));
        assert!(Shape::parse(&long).unwrap_err().contains("points"));
    }
}
