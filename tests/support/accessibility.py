"""What axe, a program that looks for barriers, finds on a page."""

import json
from pathlib import Path

from playwright.sync_api import Page

AXE = Path(__file__).parents[2] / "frontend/node_modules/axe-core/axe.min.js"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def assert_accessible(page: Page) -> None:
    """Nothing that WCAG 2.2 asks for at level AA is missing, as far as a program can tell."""
    page.evaluate(AXE.read_text())
    found = page.evaluate(f"axe.run({{runOnly: {{type: 'tag', values: {json.dumps(WCAG)}}}}})")["violations"]
    assert [f"{v['id']}: {v['help']}: {[n['html'][:160] for n in v['nodes']][:3]}" for v in found] == []
