//! Style, script and picture of the pages, compiled in. Nothing is ever loaded from another host.

use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

struct Asset {
    name: &'static str,
    kind: &'static str,
    bytes: &'static [u8],
}

const ASSETS: [Asset; 4] = [
    Asset { name: "app.css", kind: "text/css; charset=utf-8", bytes: include_bytes!("../assets/app.css") },
    Asset {
        name: "app.js",
        kind: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../assets/app.js"),
    },
    Asset {
        name: "htmx.min.js",
        kind: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../assets/htmx.min.js"),
    },
    Asset { name: "mark.svg", kind: "image/svg+xml", bytes: include_bytes!("../assets/mark.svg") },
];

/// One stamp over all assets: it changes with any of them, so browsers may keep them for a year.
static STAMP: LazyLock<String> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    for asset in &ASSETS {
        hash.update(asset.bytes);
    }
    hex::encode(&hash.finalize()[..6])
});

/// The address of an asset, with the stamp that makes it cacheable.
pub fn href(name: &str) -> String {
    format!("/assets/{name}?v={}", *STAMP)
}

/// `GET /assets/{name}`: open to everyone, the login page needs it.
pub async fn serve(Path(name): Path<String>) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(asset.kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
    ];
    (headers, asset.bytes).into_response()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    const CSS: &str = include_str!("../assets/app.css");
    const JS: &str = include_str!("../assets/app.js");

    /// The colours of a theme: of the n-th `:root` block, over those of the first.
    fn tokens(theme: usize) -> HashMap<&'static str, &'static str> {
        let mut colours = HashMap::new();
        for block in CSS.split(":root {").skip(1).take(theme + 1) {
            let lines = block.split('}').next().unwrap().lines();
            colours.extend(
                lines.filter_map(|line| line.trim().strip_prefix("--")?.strip_suffix(';')?.split_once(": ")),
            );
        }
        colours
    }

    /// WCAG 2.2 relative luminance of `#rrggbb`.
    fn luminance(hex: &str) -> f64 {
        let channel = |at: usize| {
            let value = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    }

    fn contrast(a: &str, b: &str) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn every_pair_of_colours_is_readable_in_both_themes() {
        let text = [
            ("ink", "bg surface sunken selected"),
            ("ink-2", "bg surface sunken selected"),
            ("link", "bg surface sunken selected"),
            ("accent", "surface"),
            ("on-accent", "accent"),
            ("on-bar", "bar bar-hover"),
            ("on-bar-2", "bar bar-hover"),
            ("urgent", "urgent-bg surface sunken selected"),
            ("high", "high-bg surface sunken selected"),
            ("medium", "medium-bg surface sunken selected"),
            ("low", "low-bg surface sunken selected"),
            ("ok", "ok-bg surface"),
            ("hit", "hit-bg"),
        ];
        let shape = [
            ("line-strong", "bg surface"),
            ("mention", "surface"),
            ("hit-line", "surface hit-bg"),
            ("focus", "bg surface"),
        ];
        for (theme, name) in ["light", "dark"].iter().enumerate() {
            let colours = tokens(theme);
            let both = text.iter().map(|pair| (pair, 4.5)).chain(shape.iter().map(|pair| (pair, 3.0)));
            for ((front, backs), least) in both {
                for back in backs.split(' ') {
                    let found = contrast(colours[front], colours[back]);
                    assert!(found >= least, "{name}: {front} on {back} is {found:.2}, needs {least}");
                }
            }
        }
    }

    #[test]
    fn contrast_is_computed_as_the_standard_does() {
        for (front, want) in
            [("#C8102E", "5.88"), ("#15803D", "5.02"), ("#1D4ED8", "6.70"), ("#D97706", "3.19")]
        {
            assert_eq!(format!("{:.2}", contrast(front, "#FFFFFF")), want);
        }
    }

    #[test]
    fn nothing_is_used_that_chromium_87_lacks() {
        let css = [
            ":has(",
            ":is(",
            ":where(",
            "@container",
            "@layer",
            "aspect-ratio",
            "dvh",
            "light-dark(",
            "color-mix(",
            "text-wrap",
            "accent-color",
            "scrollbar-gutter",
            "&:",
            "& ",
            "@import",
            "url(",
        ];
        for feature in css {
            assert!(!CSS.contains(feature), "style sheet uses {feature}");
        }
        for feature in [
            "?.",
            "??",
            ".at(",
            "structuredClone",
            ".inert",
            "replaceAll",
            "eval(",
            "new Function",
            "innerHTML",
        ] {
            assert!(!JS.contains(feature), "script uses {feature}");
        }
    }
}
