//! The four operations and the remainder, shared by the operators and by the functions that spell them out.

use brokerwatch_ecs::Value;

use crate::function::Scalar;
use crate::{Arithmetic, Diagnostic, Scratch};

/// `left operator right`; null where an operand is no number. Whole numbers stay whole.
///
/// Overflow and division of whole numbers by zero are failures, not values, as in Java's exact arithmetic.
pub(crate) fn compute<'e>(
    operator: Arithmetic,
    left: Value<'e>,
    right: Value<'e>,
    scratch: &Scratch,
) -> Option<Value<'e>> {
    match (left, right) {
        (Value::Long(a), Value::Long(b)) => {
            let result = whole(operator, a, b);
            if result.is_none() {
                scratch.fail(|| format!("`{a} {} {b}` is no 64-bit whole number", sign(operator)));
            }
            result.map(Value::Long)
        }
        (a, b) => Some(Value::Double(fraction(operator, as_double(a)?, as_double(b)?))),
    }
}

/// `-value`; null where it is no number.
pub(crate) fn negate<'e>(value: Value<'e>, scratch: &Scratch) -> Option<Value<'e>> {
    match value {
        Value::Double(number) => Some(Value::Double(-number)),
        other => compute(Arithmetic::Subtract, Value::Long(0), other, scratch),
    }
}

/// The body of a function that is an operator.
#[expect(clippy::unnecessary_wraps, reason = "it is the result of every function's `compile`")]
pub(crate) fn body(operator: Arithmetic) -> Result<Scalar, Diagnostic> {
    Ok(Box::new(move |args, scratch| compute(operator, args[0], args[1], scratch)))
}

fn whole(operator: Arithmetic, a: i64, b: i64) -> Option<i64> {
    match operator {
        Arithmetic::Add => a.checked_add(b),
        Arithmetic::Subtract => a.checked_sub(b),
        Arithmetic::Multiply => a.checked_mul(b),
        Arithmetic::Divide => a.checked_div(b),
        Arithmetic::Modulo if b == -1 => Some(0),
        Arithmetic::Modulo => a.checked_rem(b),
    }
}

fn fraction(operator: Arithmetic, a: f64, b: f64) -> f64 {
    match operator {
        Arithmetic::Add => a + b,
        Arithmetic::Subtract => a - b,
        Arithmetic::Multiply => a * b,
        Arithmetic::Divide => a / b,
        Arithmetic::Modulo => a % b,
    }
}

#[expect(clippy::cast_precision_loss, reason = "Java widens a long to a double the same way")]
fn as_double(value: Value<'_>) -> Option<f64> {
    match value {
        Value::Long(number) => Some(number as f64),
        Value::Double(number) => Some(number),
        _ => None,
    }
}

fn sign(operator: Arithmetic) -> char {
    match operator {
        Arithmetic::Add => '+',
        Arithmetic::Subtract => '-',
        Arithmetic::Multiply => '*',
        Arithmetic::Divide => '/',
        Arithmetic::Modulo => '%',
    }
}
