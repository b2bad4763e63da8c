"""The page of the exercises: answer first, then see; a wrong answer is explained where it is known."""

from html import escape

import msgspec

from projections.pack.exercises import Exercise
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
    const given = Number(form.elements.given.value.replace(",", "."));
    const is = (other) => Math.abs(given - other) <= tolerance;
    const mistake = mistakes.find((known) => is(known.value));
    const words = !Number.isFinite(given) || form.elements.given.value.trim() === "" ? "Give a number first."
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
<a href="dashboard/index.html">the frozen dashboard</a>.</p>
"""

MODIFY = """
<h2>Modify</h2>
<p>Change one thing, and predict before you run it: what would have happened without the move, or with less
curiosity? A branch begins with this run's history and goes on in another way. It needs Hamlet and the run
directory.</p>
<pre>producer branch --help
projections compare --help</pre>
<h2>Make</h2>
<p>Train a run of your own, make its pack, and answer the same questions: its page of exercises is computed
from your run.</p>
<pre>producer run --config quick --run-dir runs/mine
projections run --run-dir runs/mine --until-caught-up
projections pack --run-dir runs/mine --out runs/mine/pack</pre>
"""


def exercises_page(exercises: list[Exercise]) -> str:
    """The page of the exercises of a run. Without JavaScript the answers are there to be opened."""
    listed = "\n".join(_section(number, exercise) for number, exercise in enumerate(exercises, start=1))
    checks = msgspec.json.encode(exercises).decode().replace("</", "<\\/")
    body = (
        "<h1>Questions about this run</h1>\n"
        f"{INTRODUCTION}{listed}\n{MODIFY}"
        f'<script type="application/json" id="exercises">{checks}</script>'
    )
    return page("Questions about this run", body, STYLE, SCRIPT)


def _section(number: int, exercise: Exercise) -> str:
    mistakes = "".join(
        f"<li>{_written(mistake.value)} {escape(mistake.words)}.</li>" for mistake in exercise.mistakes
    )
    return (
        f"<section>\n<h2>{number}. {exercise.step}</h2>\n"
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
