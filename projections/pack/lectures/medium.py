"""What a lecture's template writes with: scenes, questions, drawings, what is revealed, notes for"
" the teacher."""

import json
from collections.abc import Sequence
from html import escape
from typing import Any

from projections.pack.lectures.curves import Predicted
from projections.pack.lectures.lecture import Lecture, Question

MOMENT = "../dashboard/index.html#/?episode={}"


class Medium:
    """Writes the parts of one lecture in one edition: for students, or with all answers open for the teacher.

    `minutes` is the time of the scenes written so far. A part that the student's page asks for and the
    teacher's page shows is written by one method, so that the two cannot differ.
    """

    end_scene = "\n\n</section>\n"
    end_reveal = "\n\n</details>\n"
    end_notes = "\n\n</aside>\n"

    def __init__(
        self,
        lecture: Lecture,
        before: Lecture | None,
        curves: dict[str, Predicted],
        pictures: dict[str, list[tuple[str, str]]],
        town: dict[str, Any] | None,
        *,
        teacher: bool,
    ) -> None:
        self.minutes = 0
        self.teacher = teacher
        self._lecture = lecture
        self._before = before
        self._curves = curves
        self._pictures = pictures
        self._town = town
        self._asked = 0

    def scene(self, title: str, minutes: int) -> str:
        """Begin a scene, which fills a screen of the projector."""
        self.minutes += minutes
        time = f' <span class="minutes">{minutes} minutes</span>'
        return f'<section class="scene">\n<h2>{escape(title)}{time}</h2>\n\n'

    def reveal(self, summary: str) -> str:
        """Begin what is seen only after the question before it has an answer."""
        is_open = " open" if self.teacher else ""
        return f'<details class="reveal"{is_open}><summary>{escape(summary)}</summary>\n\n'

    @property
    def notes(self) -> str:
        """Begin a note for the teacher."""
        return '<aside class="notes">\n\n'

    def choose(self, question: str, answers: Sequence[str]) -> str:
        """A question with answers to choose from, and room for a reason."""
        self._asked += 1
        name = f"choice-{self._asked}"
        listed = "".join(
            f'<label><input type="radio" name="{name}" value="{i}"> {escape(answer)}</label>'
            for i, answer in enumerate(answers)
        )
        return (
            f'<form class="choose"><fieldset><legend>{escape(question)}</legend>{listed}'
            f"</fieldset>{self._why(name)}<output></output></form>\n"
        )

    def draw(self, name: str) -> str:
        """The empty chart of a curve, to be drawn into."""
        if name not in self._curves:
            return ""
        self._asked += 1
        curve = self._curves[name]
        data = escape(curve.data())
        return (
            f'<figure class="draw" data-curve="{data}">{curve.axes()}'
            f"<figcaption>{escape(curve.title)}</figcaption>{self._why(f'reason-{self._asked}')}"
            '<button type="button" class="show">Show what happened</button>'
            ' <button type="button" class="clear">Draw again</button><output></output></figure>\n'
        )

    def chart(self, name: str) -> str:
        """A curve as it was; nothing where the run has none."""
        if name not in self._curves:
            return ""
        curve = self._curves[name]
        lines = [("; dotted: a new stage", curve.starts), ("; dashed: the move", curve.moves)]
        title = curve.title + "".join(words for words, found in lines if found)
        caption = f"<figcaption>{escape(title)}</figcaption>"
        return f'<figure class="chart">{curve.picture()}{caption}</figure>\n'

    def picture_pair(self, caption: str, name: str) -> str:
        """Two pictures beside each other, each with its own caption."""
        figures = "".join(
            f"<figure>{picture}<figcaption>{escape(words)}</figcaption></figure>"
            for words, picture in self._pictures.get(name, [])
        )
        return f'<p class="quiet">{escape(caption)}</p>\n<div class="pair">{figures}</div>\n'

    def game(self) -> str:
        """An episode to be played; without JavaScript, and in a run without its town, words in its place."""
        if self._town is None:
            return '<p class="quiet">The log of this run does not hold its town: nothing can be played.</p>\n'
        data = escape(json.dumps(self._town, separators=(",", ":")))
        needs = "".join(
            f'<div>{escape(meter["name"])} <span class="level"></span>'
            f'<meter aria-label="{escape(meter["name"])}" min="0" max="1" low="0.3"></meter></div>'
            for meter in self._town["meters"]
        )
        actions = "".join(
            f'<button type="button" value="{value}">{words}</button>'
            for value, words in (
                ("up", "Up"), ("down", "Down"), ("left", "Left"), ("right", "Right"), ("use", "Use"),
            )
        )  # fmt: skip
        style = f"grid-template-columns: repeat({self._town['width']}, minmax(0, 1fr))"
        return (
            '<div class="game"><noscript>Playing needs JavaScript; the numbers below do not.</noscript>'
            f'<div class="agent" data-town="{data}" hidden role="application" tabindex="0"'
            ' aria-label="An episode: arrow keys walk, Enter uses">'
            f'<div class="grid" style="{style}" aria-hidden="true"></div><div class="needs">{needs}'
            '<p class="count"></p></div><output aria-live="polite"></output>'
            f'<div class="actions">{actions}<button type="button" class="again">A new episode</button>'
            '<button type="button" class="end">End now</button></div></div></div>\n'
        )

    def test(self, when: str) -> str:
        """The six questions, `when` is "before" (answers are kept) or "after" (answers are explained)."""
        questions = "".join(
            self._question(i, question, when) for i, question in enumerate(self._lecture.test)
        )
        done = "Keep my answers" if when == "before" else "Check my answers"
        return self._form(when, questions, done)

    def recall(self) -> str:
        """The first two questions of the lecture before this one, with the answers at once."""
        if self._before is None:
            return ""
        questions = "".join(
            self._question(i, question, "recall") for i, question in enumerate(self._before.test[:2])
        )
        return self._form("after", questions, "Check my answers")

    @staticmethod
    def _form(when: str, questions: str, button: str) -> str:
        return (
            f'<form class="test" data-when="{when}">{questions}<button>{button}</button>'
            "<output></output></form>\n"
        )

    def _question(self, number: int, question: Question, when: str) -> str:
        answers = [("wrong", answer, why) for answer, why in question.wrong.items()]
        # the right answer stands at another place in each question
        answers.insert((number * 3 + 1) % 4, ("right", question.right, ""))
        shown = "" if self.teacher else " hidden"
        listed = ""
        for value, answer, why in answers:
            told = f'<span class="why"{shown}>{escape(why)}</span>' if why and when != "before" else ""
            mark = "<strong>(right)</strong> " if self.teacher and value == "right" else ""
            listed += (
                f'<label><input type="radio" name="{when}-{number}" value="{value}">'
                f" {mark}{escape(answer)}{told}"
                "</label>"
            )
        return f"<fieldset><legend>{escape(question.ask)}</legend>{listed}</fieldset>"

    @staticmethod
    def _why(name: str) -> str:
        return f'<label for="{name}">Why? One sentence.</label><textarea id="{name}" rows="2"></textarea>'


def moment(episode: int, step: int | None = None) -> str:
    """The address of a moment in the frozen dashboard."""
    return MOMENT.format(episode) + (f"&step={step}" if step is not None else "")
