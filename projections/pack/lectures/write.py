"""Write the lectures of a run: for each a page for students and one for the teacher, and their index."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

import apsw
from markdown_it import MarkdownIt

from core.resources import TEACHING, resource_folder
from projections.pack.lectures.futures import Future
from projections.pack.lectures.lecture import LECTURES, Lecture, read_lecture
from projections.pack.lectures.material import Material, gather
from projections.pack.lectures.medium import MOMENT, Medium, moment
from projections.pack.page import page
from projections.pack.story.citations import Citations
from projections.pack.story.facts import Fact
from projections.pack.story.templates import render

SOURCES = "lectures"
SCRIPTS = ("answer.js", "draw.js", "agent.js", "present.js")
PRESENTING = (
    '<div class="presenting"><button type="button" class="back">Back</button>'
    '<button type="button" class="on">On</button><output aria-live="polite"></output>'
    '<button type="button" class="leave">Leave</button></div>'
)


def write_lectures(folder: Path, connection: apsw.Connection, futures: Sequence[Future]) -> None:
    """Write `index.html`, and `NAME.html` and `NAME-notes.html` of each lecture, to `folder`.

    Raises:
        StoreError: no episode has finished yet.
        OSError: a file cannot be written.
    """
    folder.mkdir()
    source = resource_folder(TEACHING) / SOURCES
    style = (source / "lecture.css").read_text(encoding="utf-8")
    script = "".join((source / name).read_text(encoding="utf-8") for name in SCRIPTS)
    material = gather(connection, futures)
    lectures = {name: read_lecture(source, name) for name in LECTURES}
    minutes = {}
    for number, (name, lecture) in enumerate(lectures.items(), start=1):
        template = (source / f"{name}.md.j2").read_text(encoding="utf-8")
        before = lectures[LECTURES[number - 2]] if number > 1 else None
        for teacher in (False, True):
            body, minutes[name] = lecture_body(template, lecture, before, material, teacher=teacher)
            title = f"Lecture {number}: {lecture.title}{', notes for the teacher' if teacher else ''}"
            lead = _lead(title, lecture, minutes[name], name, teacher=teacher)
            file = folder / f"{name}{'-notes' if teacher else ''}.html"
            # strict, and apart from other scripts, without a module, which a page from a file cannot load
            wrapped = "" if teacher else f'(() => {{\n"use strict";\n{script}}})();'
            file.write_text(page(title, lead + body, style, wrapped), encoding="utf-8")
    glossary = (source / "glossary.md").read_text(encoding="utf-8")
    (folder / "index.html").write_text(_index(lectures, minutes, glossary, style), encoding="utf-8")


def lecture_body(
    template: str, lecture: Lecture, before: Lecture | None, material: Material, *, teacher: bool
) -> tuple[str, int]:
    """The scenes of a lecture and their sources as HTML, and the minutes that the scenes take."""
    medium = Medium(lecture, before, material.curves, material.pictures, material.town, teacher=teacher)
    citations = Citations(MOMENT)
    parts = {
        name: getattr(medium, name)
        for name in (
            "teacher", "scene", "end_scene", "reveal", "end_reveal", "notes", "end_notes", "choose", "draw",
            "chart", "picture_pair", "game", "test", "recall",
        )
    }  # fmt: skip
    context = {**material.context, **parts, "moment": moment, "plain": _plain}
    text = render(template, context, citations.write)
    sources = citations.sources()
    if sources:
        text += f'\n<section class="sources">\n\n## Sources\n\n{sources}\n\n</section>\n'
    html: str = MarkdownIt("commonmark", {"html": True}).render(text)
    return html, medium.minutes


def _plain(value: Fact | int) -> str:
    """A number inside a question, where no link can stand."""
    return value.text if isinstance(value, Fact) else f"{value:,}"


def _lead(title: str, lecture: Lecture, minutes: int, name: str, *, teacher: bool) -> str:
    other = (
        f'<a href="{name}.html">the page for students</a>'
        if teacher
        else f'<a href="{name}-notes.html">notes for the teacher</a>'
    )
    tools = "" if teacher else '<button type="button" class="present">For the projector</button> '
    return (
        f"<h1>{escape(title)}</h1>\n<p>{escape(lecture.outcome)}</p>\n"
        f'<p class="tools quiet">{tools}{minutes} minutes; {other}; <a href="index.html">all'
        " lectures</a></p>\n" + ("" if teacher else PRESENTING)
    )


def _index(lectures: dict[str, Lecture], minutes: dict[str, int], glossary: str, style: str) -> str:
    listed = "\n".join(
        f'<li><a href="{name}.html"><strong>{escape(lecture.title)}</strong></a>, {minutes[name]} minutes.'
        f' {escape(lecture.outcome)} <a href="{name}-notes.html">Notes for the teacher</a>,'
        f' <a href="../exercises.html#{name}">exercises</a></li>'
        for name, lecture in lectures.items()
    )
    words: str = MarkdownIt("commonmark").enable("table").render(glossary)
    body = (
        f"<h1>Four lectures on this run</h1>\n<ol>\n{listed}\n</ol>\n"
        "<p>Each opens by double click and needs no network. Students predict before they see;"
        " nothing that they write"
        " leaves the page or is kept. Add <code>?present</code> to an address for the projector;"
        " print a page for a"
        " handout, with the charts empty.</p>\n"
        '<p>Also here: <a href="../story.html">the story of the run</a>, <a'
        ' href="../dashboard/index.html">the frozen'
        ' dashboard</a>, <a href="../exercises.html">all exercises</a>.</p>\n'
        f"<h2>Words</h2>\n{words}"
    )
    return page("Four lectures on this run", body, style)
