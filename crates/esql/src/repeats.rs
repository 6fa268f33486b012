//! Texts that come again: what is computed of a text is computed once for many rows.
//!
//! Readers of Parquet give one view for all rows that share an entry of a dictionary, and short texts lie in their views.
//! So two views that are the same are the same text, which costs less to find out than what is done with the text. Views
//! that differ may be the same text, too; then it is computed twice.

use datafusion::arrow::array::{Array, ArrayRef, StringViewArray, UInt32Array};
use datafusion::arrow::compute::take;
use datafusion::common::Result;

/// Whether a result is also that of other rows with the same text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// It depends on the text alone.
    Yes,
    /// Computing it does something that has to be done for each row.
    No,
}

/// Which result each row of a column has.
#[derive(Debug)]
pub struct Repeats {
    /// The numbers of the results, in the order in which they were made; null for a row without a text.
    numbers: UInt32Array,
    results: usize,
}

impl Repeats {
    /// Asks `make` for results, in the order of the rows: for the first row of a text, and for a later one only where
    /// the text is not remembered. Rows without a text have no result.
    pub fn of<E>(
        texts: &StringViewArray,
        mut make: impl FnMut(usize) -> Result<Again, E>,
    ) -> Result<Repeats, E> {
        let mut numbers = vec![0; texts.len()];
        let mut remembered = Remembered::new();
        let mut results = 0;
        let views = texts.views();
        let mut number_row = |row: usize| {
            let view = views[row];
            numbers[row] = match remembered.get(view) {
                Some(number) => number,
                None => {
                    if make(row)? == Again::Yes {
                        remembered.put(view, results);
                    }
                    results += 1;
                    results - 1
                }
            };
            Ok(())
        };
        match texts.nulls() {
            None => (0..texts.len()).try_for_each(&mut number_row)?,
            Some(nulls) => nulls.valid_indices().try_for_each(&mut number_row)?,
        }
        let numbers = UInt32Array::new(numbers.into(), texts.nulls().cloned());
        Ok(Repeats { numbers, results: results as usize })
    }

    /// A result for each row, from the results in the order in which they were made.
    pub fn spread(&self, results: ArrayRef) -> Result<ArrayRef> {
        // Each row has its own.
        if self.results == self.numbers.len() {
            return Ok(results);
        }
        Ok(take(&results, &self.numbers, None)?)
    }
}

/// The last texts, each in a place that its view says. Where too few come again, nothing is looked for any more.
struct Remembered {
    views: Vec<u128>,
    /// The results of these views.
    numbers: Vec<u32>,
    asked: u32,
    found: u32,
}

impl Remembered {
    /// A power of two. So many lie in the fastest memory that processors have.
    const PLACES: usize = 1 << 11;
    /// No number of a result: a batch has fewer rows.
    const EMPTY: u32 = u32::MAX;
    /// After how many questions they have to have been worth it.
    const TRIAL: u32 = 1 << 9;

    fn new() -> Remembered {
        let views = vec![0; Remembered::PLACES];
        let numbers = vec![Remembered::EMPTY; Remembered::PLACES];
        Remembered { views, numbers, asked: 0, found: 0 }
    }

    fn is_worth_it(&self) -> bool {
        self.asked < Remembered::TRIAL || self.asked / 4 < self.found
    }

    fn get(&mut self, view: u128) -> Option<u32> {
        if !self.is_worth_it() {
            return None;
        }
        self.asked += 1;
        let place = place(view);
        let number = self.numbers[place];
        let found = self.views[place] == view && number != Remembered::EMPTY;
        self.found += u32::from(found);
        found.then_some(number)
    }

    fn put(&mut self, view: u128, number: u32) {
        if self.is_worth_it() {
            let place = place(view);
            self.views[place] = view;
            self.numbers[place] = number;
        }
    }
}

fn place(view: u128) -> usize {
    let bits = (view as u64) ^ ((view >> 64) as u64).rotate_left(29);
    (bits.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - Remembered::PLACES.ilog2())) as usize
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::Arc;

    use datafusion::arrow::array::{Int64Array, StringArray};
    use datafusion::arrow::compute::cast;
    use datafusion::arrow::datatypes::{DataType, Int32Type};

    use super::*;

    /// A column whose equal texts share a view, as one that is read from Parquet.
    fn column<'t>(texts: impl IntoIterator<Item = Option<&'t str>>) -> StringViewArray {
        let dictionary: datafusion::arrow::array::DictionaryArray<Int32Type> =
            texts.into_iter().collect();
        let array = cast(&dictionary, &DataType::Utf8View).unwrap();
        array.as_any().downcast_ref::<StringViewArray>().unwrap().clone()
    }

    /// The length of each text, and for which rows it was computed.
    fn lengths(texts: &StringViewArray, again: Again) -> (Vec<Option<i64>>, Vec<usize>) {
        let (mut made, mut rows) = (Vec::new(), Vec::new());
        let repeats = Repeats::of(texts, |row| {
            made.push(texts.value(row).len() as i64);
            rows.push(row);
            Ok::<_, Infallible>(again)
        });
        let spread = repeats.unwrap().spread(Arc::new(Int64Array::from(made))).unwrap();
        let spread = spread.as_any().downcast_ref::<Int64Array>().unwrap().iter().collect();
        (spread, rows)
    }

    const LONG: &str = "a text that is longer than a view holds in place";

    #[test]
    fn a_text_is_computed_once() {
        let texts = column([Some("a"), Some(LONG), None, Some("a"), Some(""), Some(LONG), None]);
        let expected = vec![Some(1), Some(48), None, Some(1), Some(0), Some(48), None];
        assert_eq!(lengths(&texts, Again::Yes), (expected.clone(), vec![0, 1, 4]));
        assert_eq!(lengths(&texts, Again::No), (expected, vec![0, 1, 3, 4, 5]));
    }

    #[test]
    fn texts_that_do_not_come_again_are_no_longer_looked_for() {
        let texts: Vec<String> = (0..5_000).map(|number| format!("{number} {LONG}")).collect();
        let mut all: Vec<Option<&str>> = texts.iter().map(|text| Some(text.as_str())).collect();
        all.extend(vec![Some("x"); 10]);
        let texts = column(all);
        let (found, rows) = lengths(&texts, Again::Yes);
        let expected: Vec<_> =
            texts.iter().map(|text| text.map(|text| text.len() as i64)).collect();
        assert_eq!((found, rows.len()), (expected, 5_010));
    }

    #[test]
    fn many_texts_that_come_again_keep_their_results() {
        let texts: Vec<String> = (0..3_000).map(|number| format!("{LONG} {number}")).collect();
        let all = (0..9_000).map(|row| (row % 7 != 0).then(|| texts[row * row % 3_000].as_str()));
        let texts = column(all);
        let expected: Vec<_> =
            texts.iter().map(|text| text.map(|text| text.len() as i64)).collect();
        assert_eq!(lengths(&texts, Again::Yes).0, expected);
        let plain = cast(&texts.iter().collect::<StringArray>(), &DataType::Utf8View).unwrap();
        let plain = plain.as_any().downcast_ref::<StringViewArray>().unwrap();
        assert_eq!(lengths(plain, Again::Yes).0, expected);
    }
}
