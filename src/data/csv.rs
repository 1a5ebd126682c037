//! The shape of a CSV file.
