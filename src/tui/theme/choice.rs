//! Which theme, when several have a say.

use super::Depth;

/// Those who have a say, the first above the others. Texts are as they were found; empty ones say nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Say<'a> {
    /// What the flag or the config names; `auto` names none.
    pub asked: &'a str,
    /// `SCONCE_THEME`.
    pub variable: &'a str,
    /// `NO_COLOR` is set to something: <https://no-color.org>.
    pub has_no_colour: bool,
    /// `COLORFGBG`: the terminal's `foreground;background`, as numbers of the 16 colours.
    pub ground: &'a str,
    pub depth: Depth,
}

/// The name of the theme.
pub fn choose<'a>(say: &Say<'a>) -> &'a str {
    let named = [say.asked, say.variable];
    if let Some(name) = named.into_iter().find(|name| !matches!(*name, "" | "auto")) {
        return name;
    }
    let background = say.ground.rsplit(';').next();
    let is_light = matches!(background, Some("7" | "15"));
    match (say.has_no_colour, say.depth) {
        (true, _) => "mono",
        (_, Depth::Sixteen) => "16",
        _ if is_light => "light",
        _ => "dark",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_says_it_first_counts() {
        let all = Say {
            asked: "hc",
            variable: "cb-dark",
            has_no_colour: true,
            ground: "0;15",
            depth: Depth::True,
        };
        let cases = [
            (all, "hc"),
            (
                Say {
                    asked: "auto",
                    ..all
                },
                "cb-dark",
            ),
            (
                Say {
                    asked: "",
                    variable: "",
                    ..all
                },
                "mono",
            ),
            (
                Say {
                    asked: "auto",
                    variable: "auto",
                    has_no_colour: false,
                    ..all
                },
                "light",
            ),
            (
                Say {
                    ground: "0;default;15",
                    ..Say::default()
                },
                "light",
            ),
            (
                Say {
                    ground: "15;0",
                    ..Say::default()
                },
                "dark",
            ),
            (
                Say {
                    ground: "0;15",
                    depth: Depth::Sixteen,
                    ..Say::default()
                },
                "16",
            ),
            (Say::default(), "dark"),
        ];
        for (say, name) in cases {
            assert_eq!(choose(&say), name, "{say:?}");
        }
    }
}
