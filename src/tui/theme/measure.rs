//! How far colours stand apart: from what they are written on, and from each other, to eyes of several kinds.

use ratatui::style::Color;

/// Red, green and blue as sRGB encodes them.
pub type Rgb = [u8; 3];

/// Who looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumIter, strum::Display)]
#[strum(serialize_all = "kebab-case")]
pub enum Vision {
    Normal,
    Deuteranopia,
    Protanopia,
    Tritanopia,
}

impl Vision {
    /// What an eye makes of linear red, green and blue: G. M. Machado, M. M. Oliveira, L. A. F. Fernandes, "A
    /// Physiologically-based Model for Simulation of Color Vision Deficiency", IEEE TVCG 15 (2009), severity 1.0.
    fn matrix(self) -> [[f64; 3]; 3] {
        match self {
            Self::Normal => [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
            Self::Deuteranopia => [
                [0.367322, 0.860646, -0.227968],
                [0.280085, 0.672501, 0.047413],
                [-0.011820, 0.042940, 0.968881],
            ],
            Self::Protanopia => [
                [0.152286, 1.052583, -0.204868],
                [0.114503, 0.786281, 0.099216],
                [-0.003882, -0.048116, 1.051998],
            ],
            Self::Tritanopia => [
                [1.255528, -0.076749, -0.178779],
                [-0.078411, 0.930809, 0.147602],
                [0.004733, 0.691367, 0.303900],
            ],
        }
    }
}

/// What a colour is, where that is known: of the terminal's own colours it is not.
pub fn rgb(colour: Color) -> Option<Rgb> {
    match colour {
        Color::Indexed(index @ 16..) => Some(indexed(index)),
        Color::Rgb(red, green, blue) => Some([red, green, blue]),
        _ => None,
    }
}

/// A colour of the cube or of the greys beyond it, as xterm defines them (`256colres.pl`).
fn indexed(index: u8) -> Rgb {
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    match index.checked_sub(232) {
        Some(grey) => [8 + 10 * grey; 3],
        None => {
            let at = usize::from(index.saturating_sub(16));
            [STEPS[at / 36], STEPS[at / 6 % 6], STEPS[at % 6]]
        }
    }
}

/// The index of the cube or the greys that looks most like a colour.
pub fn nearest_index(colour: Rgb) -> u8 {
    let far = |index: &u8| difference(colour, indexed(*index), Vision::Normal);
    (16..=255)
        .min_by(|a, b| far(a).total_cmp(&far(b)))
        .unwrap_or(16)
}

/// The contrast of two colours, 1 to 21: WCAG 2.2, "contrast ratio".
pub fn contrast(a: Rgb, b: Rgb) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// WCAG 2.2, "relative luminance".
pub fn luminance(colour: Rgb) -> f64 {
    let [red, green, blue] = colour.map(linear);
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/// The sRGB transfer function, IEC 61966-2-1.
fn linear(part: u8) -> f64 {
    let part = f64::from(part) / 255.0;
    if part <= 0.04045 {
        part / 12.92
    } else {
        ((part + 0.055) / 1.055).powf(2.4)
    }
}

/// ΔE of CIE 1976: the distance of two colours in L*a*b*. About 2.3 is just noticeable; 20 is another colour.
pub fn difference(a: Rgb, b: Rgb, vision: Vision) -> f64 {
    let (a, b) = (lab(a, vision), lab(b, vision));
    let squares = a.iter().zip(b).map(|(a, b)| (a - b).powi(2));
    squares.sum::<f64>().sqrt()
}

/// L*a*b* under D65 of what an eye sees: CIE 15:2004, with the sRGB primaries of IEC 61966-2-1.
fn lab(colour: Rgb, vision: Vision) -> [f64; 3] {
    const PRIMARIES: [[f64; 3]; 3] = [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ];
    const WHITE: [f64; 3] = [0.95047, 1.0, 1.08883];
    let seen = times(vision.matrix(), colour.map(linear)).map(|part| part.clamp(0.0, 1.0));
    let xyz = times(PRIMARIES, seen);
    let [x, y, z] = [0, 1, 2].map(|at| {
        let t = xyz[at] / WHITE[at];
        if 216.0 / 24389.0 < t {
            t.cbrt()
        } else {
            (24389.0 / 27.0 * t + 16.0) / 116.0
        }
    });
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

fn times(matrix: [[f64; 3]; 3], vector: [f64; 3]) -> [f64; 3] {
    matrix.map(|row| row.iter().zip(vector).map(|(a, b)| a * b).sum())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn contrast_and_difference_are_the_same_from_both_sides(a in any::<Rgb>(), b in any::<Rgb>()) {
            prop_assert_eq!(contrast(a, b), contrast(b, a));
            prop_assert!((1.0..=21.0).contains(&contrast(a, b)));
            for vision in [Vision::Normal, Vision::Deuteranopia, Vision::Protanopia, Vision::Tritanopia] {
                prop_assert_eq!(difference(a, b, vision), difference(b, a, vision));
                prop_assert_eq!(difference(a, a, vision), 0.0);
            }
        }

        #[test]
        fn a_colour_of_the_cube_is_nearest_to_itself(index in 16u8..) {
            prop_assert_eq!(indexed(nearest_index(indexed(index))), indexed(index));
        }
    }

    #[test]
    fn figures_are_those_of_their_sources() {
        let near = |a: f64, b: f64| (a - b).abs() < 0.005;
        // WCAG: black on white, and the grey that just passes on white.
        assert!(near(contrast([0; 3], [255; 3]), 21.0));
        assert!(near(contrast([0x76; 3], [255; 3]), 4.54));
        // CIE: the white and the red of sRGB.
        let white = lab([255; 3], Vision::Normal);
        assert!(near(white[0], 100.0) && white[1].abs() < 0.01 && white[2].abs() < 0.02);
        let red = lab([255, 0, 0], Vision::Normal);
        assert!(
            near(red[0], 53.24) && near(red[1], 80.09) && near(red[2], 67.20),
            "{red:?}"
        );
        // Greys are seen alike by all.
        for vision in [Vision::Deuteranopia, Vision::Protanopia, Vision::Tritanopia] {
            assert!(difference([255; 3], [0; 3], vision) > 99.0);
        }
        assert_eq!(
            [indexed(16), indexed(75), indexed(231)],
            [[0; 3], [95, 175, 255], [255; 3]]
        );
        assert_eq!([indexed(232), indexed(255)], [[8; 3], [238; 3]]);
    }
}
