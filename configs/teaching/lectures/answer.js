// Predict first: what is behind a question opens once the question is answered. Nothing is stored or sent.
const CHECKED = "input:checked";

function lock(details, answered) {
  details.querySelector("summary").addEventListener("click", (event) => {
    if (answered() || details.open) return;
    event.preventDefault();
    details.previousElementSibling.querySelector("output").textContent =
      "Say first what you expect: a wrong guess teaches more than an answer that is read.";
  });
}

document.querySelectorAll("form.choose").forEach((form) => {
  form.addEventListener("submit", (event) => event.preventDefault());
  const details = form.nextElementSibling;
  if (details?.matches("details.reveal")) lock(details, () => form.querySelector(CHECKED) !== null);
});

const kept = new Map();

function right(form) {
  return [...form.querySelectorAll(CHECKED)].filter((input) => input.value === "right").length;
}

document.querySelectorAll("form.test").forEach((form) => {
  const after = form.dataset.when === "after";
  const questions = form.querySelectorAll("fieldset");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const open = questions.length - form.querySelectorAll(CHECKED).length;
    const told = form.querySelector("output");
    if (open > 0) {
      told.textContent = `${open} of ${questions.length} questions have no answer yet.`;
      return;
    }
    kept.set(form.dataset.when, right(form));
    if (!after) {
      told.textContent = "Kept until the end of the lecture.";
      return;
    }
    form.querySelectorAll(".why").forEach((why) => (why.hidden = true));
    form.querySelectorAll(CHECKED).forEach((input) => {
      const why = input.closest("label").querySelector(".why");
      if (why !== null) why.hidden = false;
    });
    const before = kept.has("before") ? ` Before the lecture: ${kept.get("before")}.` : "";
    told.textContent = `${right(form)} of ${questions.length} are right.${before}`;
  });
});
