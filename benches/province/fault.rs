//! What goes wrong in a measurement ends it: a figure from a run that failed is none.

/// The result of a step, told to whoever runs the measurement.
pub(crate) type Done<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// A failure that needs no more than its text.
pub(crate) fn told<T>(text: impl Into<String>) -> Done<T> {
    Err(text.into().into())
}
