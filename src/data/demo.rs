//! The data sets that Sconce ships.

/// The names of the shipped data sets.
pub fn demo_names() -> impl Iterator<Item = &'static str> {
    SETS.iter().map(|(name, _)| *name)
}

/// A shipped data set as CSV.
pub fn demo(name: &str) -> Option<&'static [u8]> {
    SETS.iter()
        .find_map(|(known, bytes)| (*known == name).then_some(*bytes))
}

const SETS: [(&str, &[u8]); 3] = [
    (
        "breast_cancer",
        include_bytes!("../../assets/data/breast_cancer.csv"),
    ),
    ("phishing", include_bytes!("../../assets/data/phishing.csv")),
    (
        "bikeshare_2011",
        include_bytes!("../../assets/data/bikeshare_2011.csv"),
    ),
];
