"""The page of the exercises: answer first, then see; a wrong answer is explained where it is known."""

from html import escape

import msgspec

from projections.pack.exercises.exercise import Exercise
from projections.pack.page import page

STYLE = """
form { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; }
input, button { font: inherit; padding: .4rem .6rem; color: inherit; background: transparent;
  border: 1px solid var(--ink-2); border-radius: .3rem; }
input { width: 8rem; }
output { flex-basis: 100%; min-height: 1.6em; font-weight: 600; }
pre { padding: .6rem .8rem; border-left: 3px solid var(--line); }
@media print { form { display: none; } }
"""

SCRIPT = """
const exercises = JSON.parse(document.getElementById("exercises").textContent);
document.querySelectorAll("form").forEach((form, i) => {
  const { value, tolerance, mistakes, unit } = exercises[i];
  const answer = form.parentElement.querySelector("details");
  answer.hidden = true;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const written = form.elements.given.value.trim();
    // a comma before three digits groups thousands, any other one is a decimal comma
    const given = Number(written.replace(/(?<=[1-9]\\d*),(?=\\d{3}\\b)/g, "").replace(",", "."));
    const is = (other) => Math.abs(given - other) <= tolerance;
    const mistake = mistakes.find((known) => is(known.value));
    const words = !Number.isFinite(given) || written === "" ? "Give a number first."
      : is(value) ? "Right."
      : mistake ? `${given} ${mistake.words}.`
      : `No: ${given} is ${given > value ? "too high" : "too low"}; no known mistake leads to it.`;
    form.querySelector("output").textContent = words;
    if (words !== "Give a number first.") answer.hidden = false;
  });
});
"""

INTRODUCTION = """
<p>Answer before you look: a guess that is wrong teaches more than an answer that is read. Then check it, and
compute it from the tables in <code>notebook/data/</code>, with <a href="notebook/analysis.py">the
notebook</a> or any other tool. To see it happen, open
<a href="dashboard/index.html">the frozen dashboard</a>. Each part belongs to one of
<a href="lectures/index.html">the lectures</a>, and ends with something to make.</p>
"""


class Part(msgspec.Struct, frozen=True):
    """The exercises of one lecture, and what to make at their end: words, and the commands for it."""

    name: str
    title: str
    exercises: list[Exercise]
    make: str
    commands: str


def exercises_page(parts: list[Part]) -> str:
    """The page of the exercises of a run. Without JavaScript the answers are there to be opened."""
    asked = [exercise for part in parts for exercise in part.exercises]
    numbers = iter(range(1, len(asked) + 1))
    listed = "\n".join(
        f'<h2 id="{part.name}">{escape(part.title)}</h2>\n'
        + "\n".join(_section(next(numbers), exercise) for exercise in part.exercises)
        + ("" if part.exercises else '<p class="quiet">This run has nothing to ask about here.</p>')
        + f"<h3>Make</h3>\n<p>{escape(part.make)}</p>\n<pre>{escape(part.commands)}</pre>"
        for part in parts
    )
    checks = msgspec.json.encode(asked).decode().replace("</", "<\\/")
    body = (
        "<h1>Questions about this run</h1>\n"
        f"{INTRODUCTION}{listed}\n"
        f'<script type="application/json" id="exercises">{checks}</script>'
    )
    return page("Questions about this run", body, STYLE, SCRIPT)


def _section(number: int, exercise: Exercise) -> str:
    mistakes = "".join(
        f"<li>{_written(mistake.value)} {escape(mistake.words)}.</li>" for mistake in exercise.mistakes
    )
    return (
        f"<section>\n<h3>{number}. {exercise.step}</h3>\n"
        f'<p>{escape(exercise.question)} <span class="quiet">Tables: {escape(exercise.tables)}.</span></p>\n'
        f'<form><label for="given-{number}">Your answer, in {escape(exercise.unit)}</label>'
        f'<input id="given-{number}" name="given" inputmode="decimal" autocomplete="off">'
        "<button>Check</button><output></output></form>\n"
        f"<details><summary>The answer</summary>"
        f"<p><strong>{_written(exercise.value)} {escape(exercise.unit)}.</strong> {escape(exercise.why)}</p>"
        f"<ul>{mistakes}</ul></details>\n</section>"
    )


def _written(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 1 else f"{value:,.1f}".removesuffix(".0")
