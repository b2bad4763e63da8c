// For a projector: one scene at a time, with `?present` or the button; left and right turn, Escape ends.
const scenes = [...document.querySelectorAll("section.scene")];
const counter = document.querySelector(".presenting output");
let shown = 0;

function show(at) {
  shown = Math.min(scenes.length - 1, Math.max(0, at));
  scenes.forEach((scene, i) => scene.classList.toggle("shown", i === shown));
  counter.textContent = `${shown + 1} of ${scenes.length}`;
  window.scrollTo(0, 0);
}

function present(on) {
  document.documentElement.classList.toggle("present", on);
  if (on) show(shown);
}

document.querySelector("button.present").addEventListener("click", () => present(true));
document.querySelector(".presenting .back").addEventListener("click", () => show(shown - 1));
document.querySelector(".presenting .on").addEventListener("click", () => show(shown + 1));
document.querySelector(".presenting .leave").addEventListener("click", () => present(false));
document.addEventListener("keydown", (event) => {
  if (!document.documentElement.classList.contains("present")) return;
  if (event.target.matches("input, textarea, [role=slider]") && event.key !== "Escape") return;
  const turns = { ArrowRight: 1, PageDown: 1, ArrowLeft: -1, PageUp: -1 };
  if (event.key in turns) {
    event.preventDefault();
    show(shown + turns[event.key]);
  } else if (event.key === "Escape") present(false);
});
if (new URLSearchParams(location.search).has("present")) present(true);
