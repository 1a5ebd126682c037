//! The filter language of every list of runs.

/// A parsed filter; the empty one lets everything through.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter;
