"""Every number that a page says, as statements by region: what a reader sees, and what a screen reader says.

A statement is the text of a list item, of a figure with its name, of a paragraph, a button or a table cell.
Left out are the lines of the axes of charts and what a menu offers: scales, and no facts about the run.
"""

import json

from playwright.sync_api import Page

__all__ = ["seek", "statements"]

STATEMENTS = r"""() => {
  const WHOLE = "li, dl > div, figcaption";
  const PART = "p, button, text, title, td, th, dt, dd, label, .heat-legend, .time, .kinds";
  const UNREAD = "select, .chart, .key, [aria-label='Episodes per second'], script, style, noscript";
  const regions = {};
  const regionOf = (element) => {
    const section = element.closest("section");
    if (!section) return element.closest("main") ? "main" : "page";
    const label = document.getElementById(section.getAttribute("aria-labelledby") ?? "");
    return section.getAttribute("aria-label") ?? label?.textContent.trim() ?? "?";
  };
  const say = (element, text) => {
    if (/\d/.test(text)) (regions[regionOf(element)] ??= []).push(text);
  };
  const groups = new Map();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const parent = texts.currentNode.parentElement;
    const text = texts.currentNode.textContent.replace(/\s+/g, " ").trim();
    if (!text || parent.closest(UNREAD) || !(parent.checkVisibility() || parent.closest("title"))) continue;
    const of = parent.closest(WHOLE) ?? parent.closest(PART) ?? parent;
    groups.set(of, groups.has(of) ? `${groups.get(of)} ${text}` : text);
  }
  for (const [element, text] of groups) say(element, text);
  for (const name of ["aria-label", "aria-valuetext", "title"])
    for (const element of document.body.querySelectorAll(`[${name}]`))
      say(element, `${name}: ${element.getAttribute(name)}`);
  for (const input of document.body.querySelectorAll("input")) say(input, `value: ${input.value}`);
  return JSON.stringify(regions);
}"""

SEEK = """(search) => new Promise((resolve) => {
  const root = document.documentElement;
  history.replaceState(null, "", search);
  window.dispatchEvent(new PopStateEvent("popstate"));
  const gone = root.dataset.settled === undefined;
  const marks = new MutationObserver(() => {
    if (root.dataset.settled === undefined) return;
    marks.disconnect();
    resolve([gone, root.dataset.settled]);
  });
  marks.observe(root, { attributes: true });
})"""


def seek(page: Page, search: str) -> str:
    """Give a still page another address; returns the episode that is drawn once all of it is."""
    gone, settled = page.evaluate(SEEK, search)
    assert gone, "the mark of the moment before is gone as soon as another one is asked for"
    return str(settled)


def statements(page: Page) -> dict[str, list[str]]:
    """Every statement with a number, by the name of its region."""
    found: dict[str, list[str]] = json.loads(page.evaluate(STATEMENTS))
    return found
