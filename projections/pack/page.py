"""Pages of a pack: one HTML file each, readable without JavaScript, on paper, in the dark and aloud."""

from html import escape

STYLE = """
:root { color-scheme: light dark; --paper: #fdfcf8; --ink: #1f1d1a; --ink-2: #5b564f; --line: #d9d4c8;
  --accent: #b33f1d; --accent-soft: #f6ddd2; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #14161a; --ink: #ece8df; --ink-2: #a8a39a; --line: #3a3d42; --accent: #ff8a5c;
    --accent-soft: #4a2a1e; }
}
* { box-sizing: border-box; }
html { background: var(--paper); color: var(--ink); font: 1.05rem/1.6 system-ui, sans-serif; }
body { max-width: 52rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; overflow-wrap: break-word; }
h1, h2, h3 { font-family: Georgia, "Times New Roman", serif; line-height: 1.25; text-wrap: balance; }
h2 { margin-top: 2.5rem; }
a { color: var(--accent); }
table { border-collapse: collapse; font-size: .9rem; }
th, td { padding: .3rem .7rem; border-bottom: 1px solid var(--line); text-align: right; vertical-align: top; }
th:first-child, td:first-child { text-align: left; }
pre { overflow-x: auto; font-size: .85rem; }
svg, img { max-width: 100%; height: auto; }
figure { margin: 1.5rem 0; }
figcaption, .quiet { color: var(--ink-2); font-size: .9rem; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
@media print {
  :root { color-scheme: light; --paper: #fff; --ink: #000; --ink-2: #333; --line: #999; --accent: #8a2c12;
    --accent-soft: #f6ddd2; }
  html { font-size: 10.5pt; }
  body { max-width: none; padding: 0; }
  h2, h3 { break-after: avoid; }
  figure, table, section.failure { break-inside: avoid; }
}
"""


def page(title: str, body: str, style: str = "", script: str = "") -> str:
    """A whole page; `body` is HTML, `style` and `script` are added to the page."""
    scripts = f"<script>{script}</script>\n" if script else ""
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}{style}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n{scripts}</body>\n</html>\n"
    )
