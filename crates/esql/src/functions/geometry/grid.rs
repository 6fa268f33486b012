//! Cells of grids on the earth: geohashes (letters of 32) and tiles of maps (zoom, column and row).

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "columns and rows of tiles fit 29 bits and parts of geohashes 30, and shares are clamped"
)]

use super::{Bounds, Place};

/// The letters of geohashes, 5 bits each.
const LETTERS: &[u8; 32] = b"0123456789bcdefghjkmnpqrstuvwxyz";

/// The two grids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::functions) enum Grid {
    /// Geohashes, of 1 to 12 letters.
    Hash,
    /// Tiles of the map of the web, of zoom 0 to 29.
    Tile,
}

/// A cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::functions) enum Cell {
    /// How many letters, and their bits.
    Hash { letters: u32, bits: u64 },
    /// Zoom, column from the west and row from the north.
    Tile { zoom: u32, column: u64, row: u64 },
}

impl Grid {
    /// The least and the greatest precision.
    fn precisions(self) -> (i64, i64) {
        match self {
            Grid::Hash => (1, 12),
            Grid::Tile => (0, 29),
        }
    }

    /// The precision, or what is wrong with it in the words of Elasticsearch.
    pub(in crate::functions) fn precision(self, precision: i64) -> Result<u32, String> {
        let (least, most) = self.precisions();
        let name = if self == Grid::Hash { "geohash" } else { "geotile" };
        u32::try_from(precision).ok().filter(|_| (least..=most).contains(&precision)).ok_or_else(
            || format!("Invalid {name}_grid precision of {precision}. Must be between {least} and {most}."),
        )
    }

    /// The cell that holds a place.
    pub(in crate::functions) fn cell(self, (lon, lat): Place, precision: u32) -> Cell {
        match self {
            Grid::Hash => {
                let bits = interleaved(encoded(lon, 360.0), encoded(lat, 180.0));
                Cell::Hash { letters: precision, bits: bits >> (64 - 5 * precision) }
            }
            Grid::Tile => {
                let count = 1_u64 << precision;
                let at =
                    |share: f64| ((share * count as f64).floor().max(0.0) as u64).min(count - 1);
                let sine = lat.to_radians().sin();
                let share =
                    0.5 - ((1.0 + sine) / (1.0 - sine)).ln() / (2.0 * std::f64::consts::TAU);
                Cell::Tile { zoom: precision, column: at((lon + 180.0) / 360.0), row: at(share) }
            }
        }
    }

    /// The cell of a text.
    pub(in crate::functions) fn parse(self, text: &str) -> Option<Cell> {
        match self {
            Grid::Hash => {
                let letters =
                    u32::try_from(text.len()).ok().filter(|count| (1..=12).contains(count))?;
                let value = |byte: u8| LETTERS.iter().position(|letter| *letter == byte);
                let bits =
                    text.bytes().try_fold(0, |bits, byte| Some(bits << 5 | value(byte)? as u64))?;
                Some(Cell::Hash { letters, bits })
            }
            Grid::Tile => {
                let mut parts = text.split('/').map(|part| part.parse::<u64>().ok());
                let (zoom, column, row) = (parts.next()??, parts.next()??, parts.next()??);
                let zoom = self.precision(i64::try_from(zoom).ok()?).ok()?;
                let inside = column.max(row) < 1 << zoom && parts.next().is_none();
                inside.then_some(Cell::Tile { zoom, column, row })
            }
        }
    }

    /// The cell of a number, as [`Cell::number`] gives it.
    pub(in crate::functions) fn of_number(self, number: i64) -> Option<Cell> {
        let number = u64::from_ne_bytes(number.to_ne_bytes());
        match self {
            Grid::Hash => {
                let (letters, bits) = ((number & 15) as u32, number >> 4);
                let fits = (1..=12).contains(&letters) && bits < 1 << (5 * letters);
                fits.then_some(Cell::Hash { letters, bits })
            }
            Grid::Tile => {
                let (zoom, mask) = ((number >> 58) as u32, (1 << 29) - 1);
                let (column, row) = (number >> 29 & mask, number & mask);
                let fits = zoom <= 29 && column.max(row) < 1 << zoom;
                fits.then_some(Cell::Tile { zoom, column, row })
            }
        }
    }
}

impl Cell {
    /// The number that Elasticsearch keeps it as.
    pub(in crate::functions) fn number(self) -> i64 {
        let number = match self {
            Cell::Hash { letters, bits } => bits << 4 | u64::from(letters),
            Cell::Tile { zoom, column, row } => u64::from(zoom) << 58 | column << 29 | row,
        };
        i64::from_ne_bytes(number.to_ne_bytes())
    }

    /// The area.
    pub(in crate::functions) fn bounds(self) -> Bounds {
        match self {
            Cell::Hash { letters, bits } => {
                let (lon_bits, lat_bits) = ((5 * letters).div_ceil(2), 5 * letters / 2);
                let (mut lon, mut lat) = (0_u64, 0_u64);
                for at in (0..5 * letters).rev() {
                    // The first bit is one of the longitude, and they take turns.
                    let half = if (5 * letters - 1 - at) % 2 == 0 { &mut lon } else { &mut lat };
                    *half = *half << 1 | (bits >> at & 1);
                }
                let edge = |at: u64, bits: u32, whole: f64| {
                    at as f64 / (1_u64 << bits) as f64 * whole - whole / 2.0
                };
                Bounds {
                    west: edge(lon, lon_bits, 360.0),
                    east: edge(lon + 1, lon_bits, 360.0),
                    north: edge(lat + 1, lat_bits, 180.0),
                    south: edge(lat, lat_bits, 180.0),
                }
            }
            Cell::Tile { zoom, column, row } => {
                let count = (1_u64 << zoom) as f64;
                let lon = |column: u64| column as f64 / count * 360.0 - 180.0;
                let lat = |row: u64| {
                    let share = std::f64::consts::PI * (1.0 - 2.0 * row as f64 / count);
                    share.sinh().atan().to_degrees()
                };
                Bounds {
                    west: lon(column),
                    east: lon(column + 1),
                    north: lat(row),
                    south: lat(row + 1),
                }
            }
        }
    }
}

impl std::fmt::Display for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {
            Cell::Hash { letters, bits } => (0..letters).rev().try_for_each(|at| {
                let letter = LETTERS[(bits >> (5 * at) & 31) as usize];
                write!(f, "{}", char::from(letter))
            }),
            Cell::Tile { zoom, column, row } => write!(f, "{zoom}/{column}/{row}"),
        }
    }
}

/// Degrees as 32 bits of the whole range around 0, rounded down.
fn encoded(degrees: f64, whole: f64) -> u32 {
    let step = whole / 4_294_967_296.0;
    let place = (degrees / step).floor() + 2_147_483_648.0;
    place.clamp(0.0, f64::from(u32::MAX)) as u32
}

/// The bits of two numbers in turn, the first of the first at the front.
fn interleaved(first: u32, second: u32) -> u64 {
    (0..32).rev().fold(0, |bits, at| {
        bits << 2 | u64::from(first >> at & 1) << 1 | u64::from(second >> at & 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const JUTLAND: Place = (10.407_44, 57.649_11);

    #[test]
    fn places_are_in_their_cells() {
        // The example of Niemeyer's own description of geohashes.
        for (precision, hash) in [(1, "u"), (5, "u4pru"), (11, "u4pruydqqvj")] {
            assert_eq!(Grid::Hash.cell(JUTLAND, precision).to_string(), hash);
        }
        for (place, zoom, tile) in [
            ((-77.4, 26.9), 2, "2/1/1"),
            ((0.0, 0.0), 0, "0/0/0"),
            ((180.0, -90.0), 3, "3/7/7"),
            ((-180.0, 90.0), 29, "29/0/0"),
            ((13.4, 52.5), 12, "12/2200/1343"),
        ] {
            assert_eq!(Grid::Tile.cell(place, zoom).to_string(), tile);
        }
        assert_eq!(Grid::Hash.cell((180.0, 90.0), 2).to_string(), "zz");
        assert_eq!(Grid::Hash.cell((-180.0, -90.0), 2).to_string(), "00");
    }

    #[test]
    fn a_cell_is_what_its_text_and_its_number_say() {
        for (grid, precisions) in [(Grid::Hash, 1..=12), (Grid::Tile, 0..=29)] {
            for precision in precisions {
                for place in [JUTLAND, (-77.4, 26.9), (179.9, -85.0), (-179.9, 0.1)] {
                    let cell = grid.cell(place, precision);
                    assert_eq!(grid.parse(&cell.to_string()), Some(cell));
                    assert_eq!(grid.of_number(cell.number()), Some(cell));
                    let Bounds { west, east, north, south } = cell.bounds();
                    assert!(west <= place.0 && place.0 <= east, "{cell}");
                    assert!(south <= place.1 && place.1 <= north, "{cell}");
                }
            }
        }
    }

    #[test]
    fn what_is_no_cell_is_none() {
        for text in ["", "a", "u4pruydqqvjxx", "é"] {
            assert_eq!(Grid::Hash.parse(text), None, "{text}");
        }
        for text in ["", "1/2", "1/2/0", "30/0/0", "1/0/0/0", "x/0/0", "-1/0/0"] {
            assert_eq!(Grid::Tile.parse(text), None, "{text}");
        }
        for number in [0, 13, -1, i64::MIN, i64::MAX] {
            assert_eq!(Grid::Hash.of_number(number), None, "{number}");
        }
        assert_eq!(Grid::Tile.of_number(1), None);
        assert!(Grid::Hash.precision(13).is_err() && Grid::Tile.precision(-1).is_err());
    }
}
