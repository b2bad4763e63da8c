"""How large the text on a page is drawn, and which text is cut: computed size times every scale above it."""

import json
from typing import NamedTuple

from playwright.sync_api import Page

__all__ = ["DrawnText", "drawn_texts"]

TEXTS = r"""() => {
  const found = [];
  const clips = (style) => [style.overflowX, style.overflowY].some((how) => how !== "visible");
  const nodes = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  while (nodes.nextNode()) {
    const node = nodes.currentNode;
    const text = node.textContent.replace(/\s+/g, " ").trim();
    const parent = node.parentElement;
    if (!text || parent.closest("script, style, noscript, title, desc")) continue;
    if (!parent.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    range.selectNodeContents(node);
    const box = range.getBoundingClientRect();
    if (box.width === 0 || box.height === 0 || parent.closest(".unseen")) continue;
    const size = parseFloat(getComputedStyle(parent).fontSize);
    const svg = parent instanceof SVGElement ? parent.getScreenCTM() : null;
    const scale = svg ? Math.sqrt(Math.abs(svg.a * svg.d - svg.b * svg.c)) : 1;
    const cut = [];
    const within = (outer, name) => {
      const [left, top] = [outer.left - box.left, outer.top - box.top];
      const [right, bottom] = [box.right - outer.right, box.bottom - outer.bottom];
      const most = Math.max(left, top, right, bottom);
      if (most > 1.5) cut.push(`${name} by ${most.toFixed(0)} px`);
    };
    within({ left: 0, top: 0, right: innerWidth, bottom: innerHeight }, "screen");
    for (let up = parent; up && up !== document.documentElement; up = up.parentElement) {
      if (up instanceof SVGElement && up.tagName !== "svg") continue;
      const style = getComputedStyle(up);
      const name = up.getAttribute("class") || up.tagName;
      if (clips(style)) within(up.getBoundingClientRect(), name);
    }
    found.push({ text, pixels: size * scale, cut: cut.join(", ") });
  }
  return JSON.stringify(found);
}"""


class DrawnText(NamedTuple):
    """A piece of text that is seen: its size on the screen in CSS pixels, and what cuts it ("": nothing)."""

    text: str
    pixels: float
    cut: str


def drawn_texts(page: Page) -> list[DrawnText]:
    """Every piece of text that is seen on a page."""
    return [DrawnText(**found) for found in json.loads(page.evaluate(TEXTS))]
