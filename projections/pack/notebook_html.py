"""An executed notebook as one HTML file that names no other address: text, code, outputs and pictures."""

import base64
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from projections.pack.page import page

ALTERNATIVE = "chart; the heading above and the numbers beside it say what it shows"
STYLE = """
.code { overflow-x: auto; border-left: 3px solid var(--line); padding-left: .8rem; font-size: .8rem; }
.output { overflow-x: auto; }
pre.output { white-space: pre-wrap; }
.dataframe, .dataframe th, .dataframe td { border: 0; border-bottom: 1px solid var(--line); }
.output img { max-width: 100%; background: #fff; }
@media print { .code { display: none; } }
"""


def html_of(notebook: dict[str, Any]) -> str:
    """The page of an executed notebook in Jupyter's format 4.5."""
    formatter = HtmlFormatter(nowrap=False, noclasses=False, cssclass="source")
    markdown = MarkdownIt("commonmark")
    parts = []
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            parts.append(markdown.render(cell["source"]))
            continue
        code = highlight(cell["source"], PythonLexer(), formatter)
        parts.append(f'<details class="code"><summary>code</summary>{code}</details>')
        parts += [_output(output) for output in cell["outputs"]]
    return page("Analysis of a run", "\n".join(parts), STYLE + formatter.get_style_defs(".source"))


def _output(output: dict[str, Any]) -> str:
    if output["output_type"] == "stream":
        return f'<pre class="output">{escape(output["text"])}</pre>' if output["name"] == "stdout" else ""
    data = output.get("data", {})
    for media_type in ("image/svg+xml", "image/png"):
        if media_type in data:
            # SVG as text, PNG as base64: both become base64 in the page
            content = data[media_type]
            if media_type != "image/png":
                content = base64.b64encode(content.encode()).decode()
            picture = f'<img alt="{ALTERNATIVE}" src="data:{media_type};base64,{content.strip()}">'
            return f'<div class="output">{picture}</div>'
    if "text/html" in data:
        return f'<div class="output">{data["text/html"]}</div>'
    return f'<pre class="output">{escape(data.get("text/plain", ""))}</pre>'
