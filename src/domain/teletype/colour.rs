//! Which of 16 colours comes nearest to one of more.

/// The nearest of 16 colours to one of a palette of 256: its cube of 6 by 6 by 6, its greys.
pub fn of_palette(index: u16) -> Option<u8> {
    match index {
        0..16 => Some(index as u8),
        16..232 => {
            let level = |part: u16| match part {
                0 => 0,
                part => 55 + 40 * part,
            };
            let at = index - 16;
            of_light(
                Some(level(at / 36)),
                Some(level(at / 6 % 6)),
                Some(level(at % 6)),
            )
        }
        232..256 => Some(of_grey(8 + 10 * (index - 232))),
        _ => None,
    }
}

/// The nearest of 16 colours to red, green and blue of 0 to 255: by which of them are strong, and how bright it is.
pub fn of_light(red: Option<u16>, green: Option<u16>, blue: Option<u16>) -> Option<u8> {
    let parts = [red?, green?, blue?];
    if parts.iter().any(|part| 255 < *part) {
        return None;
    }
    let (most, least) = (*parts.iter().max()?, *parts.iter().min()?);
    if most - least < 32 {
        return Some(of_grey((most + least) / 2));
    }
    let middle = (most + least) / 2;
    let hue = parts
        .iter()
        .zip([1, 2, 4])
        .filter(|(part, _)| middle < **part)
        .map(|(_, bit)| bit)
        .sum::<u8>();
    Some(if 215 < most { hue + 8 } else { hue })
}

fn of_grey(light: u16) -> u8 {
    match light {
        ..48 => 0,
        48..152 => 8,
        152..216 => 7,
        _ => 15,
    }
}
