//! The cells of a column.
