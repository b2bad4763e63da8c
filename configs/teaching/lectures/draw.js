// A prediction that is drawn: by pointer, or by arrow keys on the focused chart.
const COLUMNS = 24;
const SVG = "http://www.w3.org/2000/svg";

// The heights (0 to 1) of all columns: gaps lie on the line between their neighbours.
function filled(drawn) {
  const known = drawn.map((height, at) => [at, height]).filter(([, height]) => height !== null);
  return drawn.map((height, at) => {
    if (height !== null) return height;
    const left = known.filter(([other]) => other < at).at(-1);
    const rightOf = known.find(([other]) => other > at);
    if (left === undefined || rightOf === undefined) return (left ?? rightOf)[1];
    const part = (at - left[0]) / (rightOf[0] - left[0]);
    return left[1] + part * (rightOf[1] - left[1]);
  });
}

// The value of the curve, as pairs [episode, value], at an episode.
function valueAt(points, episode) {
  const after = points.findIndex(([at]) => at >= episode);
  if (after === -1) return points.at(-1)[1];
  if (after === 0) return points[0][1];
  const [[x, y], [nextX, nextY]] = [points[after - 1], points[after]];
  return y + ((episode - x) / (nextX - x)) * (nextY - y);
}

function chart(figure) {
  const curve = JSON.parse(figure.dataset.curve);
  const svg = figure.querySelector("svg");
  const told = figure.querySelector("output");
  const { left, right, top, bottom } = curve.frame;
  const drawn = Array(COLUMNS).fill(null);
  let column = 0;
  const episodeOf = (at) => curve.first + (at / (COLUMNS - 1)) * (curve.last - curve.first);
  const xOf = (episode) => left + ((episode - curve.first) / (curve.last - curve.first)) * (right - left);
  const yOf = (value) => bottom - (value / curve.high) * (bottom - top);
  const line = document.createElementNS(SVG, "polyline");
  line.setAttribute("class", "guess");
  const mark = document.createElementNS(SVG, "line");
  mark.setAttribute("class", "column");
  svg.append(mark, line);

  const written = (value) => (curve.high <= 1 ? value.toFixed(2) : Math.round(value).toLocaleString("en"));
  const words = (at) =>
    `episode ${Math.round(episodeOf(at)).toLocaleString("en")}: ` +
    (drawn[at] === null ? "nothing drawn" : `${written(drawn[at] * curve.high)} ${curve.unit}`);

  function paint() {
    const heights = drawn.some((height) => height !== null) ? filled(drawn) : [];
    line.setAttribute(
      "points",
      heights.map((height, at) => `${xOf(episodeOf(at))},${yOf(height * curve.high)}`).join(" "),
    );
    mark.setAttribute("x1", xOf(episodeOf(column)));
    mark.setAttribute("x2", xOf(episodeOf(column)));
    mark.setAttribute("y1", top);
    mark.setAttribute("y2", bottom);
    svg.setAttribute("aria-valuenow", Math.round((drawn[column] ?? 0) * 100));
    svg.setAttribute("aria-valuetext", words(column));
  }

  function at(event) {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    const within = (value) => Math.min(1, Math.max(0, value));
    const part = within((point.x - left) / (right - left));
    return [Math.round(part * (COLUMNS - 1)), within((bottom - point.y) / (bottom - top))];
  }

  function stroke(from, to) {
    const [[a, low], [b, high]] = [from, to];
    const step = Math.sign(b - a);
    for (let i = a; i !== b + step || step === 0; i += step) {
      drawn[i] = b === a ? high : low + ((i - a) / (b - a)) * (high - low);
      if (step === 0) break;
    }
    column = b;
    paint();
  }

  let last = null;
  svg.addEventListener("pointerdown", (event) => {
    svg.setPointerCapture(event.pointerId);
    last = at(event);
    stroke(last, last);
  });
  svg.addEventListener("pointermove", (event) => {
    if (last === null) return;
    const now = at(event);
    stroke(last, now);
    last = now;
  });
  for (const end of ["pointerup", "pointercancel"]) svg.addEventListener(end, () => (last = null));

  svg.addEventListener("keydown", (event) => {
    const moves = { ArrowLeft: -1, ArrowRight: 1, Home: -COLUMNS, End: COLUMNS };
    const heights = { ArrowUp: 0.05, ArrowDown: -0.05, PageUp: 0.25, PageDown: -0.25 };
    if (!(event.key in moves) && !(event.key in heights)) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key in moves) column = Math.min(COLUMNS - 1, Math.max(0, column + moves[event.key]));
    else {
      const from = drawn[column] ?? (drawn.some((height) => height !== null) ? filled(drawn)[column] : 0.5);
      drawn[column] = Math.min(1, Math.max(0, from + heights[event.key]));
    }
    paint();
  });

  function compare() {
    const heights = filled(drawn).map((height) => height * curve.high);
    const truth = heights.map((_, i) => valueAt(curve.points, episodeOf(i)));
    const gaps = heights.map((height, i) => height - truth[i]);
    const sizes = gaps.map(Math.abs);
    const worst = sizes.indexOf(Math.max(...sizes));
    const mean = sizes.reduce((sum, gap) => sum + gap, 0) / COLUMNS;
    const area = document.createElementNS(SVG, "polygon");
    area.setAttribute("class", "gap");
    const upper = heights.map((height, i) => `${xOf(episodeOf(i))},${yOf(height)}`);
    const lower = truth.map((value, i) => `${xOf(episodeOf(i))},${yOf(value)}`).reverse();
    area.setAttribute("points", [...upper, ...lower].join(" "));
    const real = document.createElementNS(SVG, "polyline");
    real.setAttribute("class", "real");
    const cut = curve.points.filter(([x]) => x >= curve.first && x <= curve.last);
    real.setAttribute("points", cut.map(([x, y]) => `${xOf(x)},${yOf(y)}`).join(" "));
    svg.querySelectorAll(".gap, .real").forEach((old) => old.remove());
    svg.append(area, real);
    told.textContent =
      `Your line is ${written(mean)} ${curve.unit} off on average, most of all in ${words(worst)} drawn, ` +
      `${written(truth[worst])} in the run. What did you not think of?`;
  }

  const details = figure.nextElementSibling;
  figure.querySelector("button.show").addEventListener("click", () => {
    const count = drawn.filter((height) => height !== null).length;
    if (count < 2) {
      told.textContent = "Draw a line first: with the pointer, or with the arrow keys on the chart.";
      return;
    }
    if (figure.querySelector("textarea").value.trim() === "") {
      told.textContent = "Write a reason first, in one sentence.";
      figure.querySelector("textarea").focus();
      return;
    }
    compare();
    details.dataset.answered = "yes";
    details.open = true;
  });
  figure.querySelector("button.clear").addEventListener("click", () => {
    drawn.fill(null);
    svg.querySelectorAll(".gap, .real").forEach((old) => old.remove());
    told.textContent = "";
    paint();
  });
  if (details?.matches("details.reveal")) lock(details, () => details.dataset.answered === "yes");
  svg.setAttribute("tabindex", "0");
  svg.setAttribute("role", "slider");
  svg.setAttribute("aria-valuemin", "0");
  svg.setAttribute("aria-valuemax", "100");
  svg.setAttribute("aria-orientation", "vertical");
  svg.setAttribute("aria-label", `Draw ${curve.name}: left and right choose the episode, up and down the height`);
  paint();
}

document.querySelectorAll("figure.draw").forEach(chart);
