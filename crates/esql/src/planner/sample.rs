//! `SAMPLE`: rows by chance, and the same ones each time.
//!
//! Whether a row is taken follows from its values alone, and among rows of equal values from a number: so the same rows
//! give the same sample, in whichever order they are read.

use brokerwatch_expr::Span;
use datafusion::logical_expr::ExprFunctionExt as _;

use super::{Column, Planner, Rows};
use crate::functions::{Lists, lists};
use crate::types::DataType;
use crate::value::Value;

/// What the hash of a row begins with (FNV-1a, 64 bits: offset basis and prime).
const SEED: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0100_0000_01b3;

impl Planner<'_> {
    /// Takes each row with a probability.
    pub(crate) fn sample(&mut self, probability: f64, rows: &mut Rows, span: Span) {
        let values =
            rows.scope.columns().iter().filter(|column| column.ty != DataType::Unsupported);
        let values =
            values.map(|column| Column { constant: None, ..column.clone() }.typed(span)).collect();
        let whole = self.whole(values, span);
        let whole = rows.compute("", &whole, self, span);
        let number = self.id();
        let window = datafusion::functions_window::expr_fn::row_number();
        let built = window.partition_by(vec![whole.expr()]).build();
        let Some(window) = self.built(span, built) else { return };
        let alias = number.clone();
        rows.then(self, span, |builder| builder.window(vec![window.alias(alias)]));
        let among =
            Column { id: number, ty: DataType::UnsignedLong, constant: None, ..whole.clone() };
        let body = lists(move |args, _, out| {
            if let [[Value::Text(row)], [Value::Unsigned(number)]] = args {
                out.push(Value::Boolean(share(row, *number) < probability));
            }
            Ok(())
        });
        let args = vec![whole.typed(span), among.typed(span)];
        let taken = self.made("sample", body, Lists::One, DataType::Boolean, args, span);
        rows.filter(taken.expr, self, span);
    }
}

/// A number from 0 up to 1 for a row and its place among equal ones.
#[expect(clippy::cast_precision_loss, reason = "53 bits are what a double holds exactly")]
fn share(row: &str, number: u64) -> f64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(PRIME);
    let hash = row.bytes().chain(number.to_le_bytes()).fold(SEED, step);
    // The last bits of the hash depend on few of the text: mixed as in SplitMix64.
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((hash ^ (hash >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn shares_are_even() {
        let shares: Vec<f64> = (0..10_000).map(|number| share("the same row", number)).collect();
        for tenth in (0..10).map(f64::from) {
            let among = shares.iter().filter(|one| (tenth..tenth + 1.0).contains(&(**one * 10.0)));
            let count = among.count();
            assert!((900..1100).contains(&count), "{tenth}: {count}");
        }
    }
}
