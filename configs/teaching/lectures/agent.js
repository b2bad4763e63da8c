// An episode in the run's town, by the town's own rules. `townStep` is the step of producer/environment/town.py.
const STEPS = { ArrowUp: 0, ArrowDown: 1, ArrowLeft: 2, ArrowRight: 3, Enter: 4, " ": 4 };
const USE = 4;
const NAMES = ["up", "down", "left", "right", "use"];

function reached(town, cell, action) {
  const [dx, dy] = [[0, -1], [0, 1], [-1, 0], [1, 0], [0, 0]][action];
  const x = Math.min(town.width - 1, Math.max(0, (cell % town.width) + dx));
  const y = Math.min(town.height - 1, Math.max(0, Math.floor(cell / town.width) + dy));
  const to = y * town.width + x;
  return town.blocked.includes(to) ? cell : to;
}

function townStep(town, { cell, meters }, action) {
  const place = action === USE ? town.places.find((one) => one.cell === cell) : undefined;
  const every = (test) => meters.every((level, m) => test(level, m));
  const served = place !== undefined && every((level, m) => level >= place.lowest[m] && level <= place.highest[m]);
  const reduced = served && !every((level, m) => level >= place.full_from[m]);
  const change = served ? (reduced ? place.reduced : place.effects) : null;
  const next = meters.map((level, m) =>
    Math.fround(level + (change?.[m] ?? 0) - (action === USE ? 0 : town.meters[m].move_cost) - town.meters[m].drain),
  );
  for (const { source, below, target, rate } of town.couplings)
    next[target] = Math.fround(next[target] - Math.max(0, below - next[source]) * rate);
  const levels = next.map((level) => Math.min(1, Math.max(0, level)));
  const cause = levels.findIndex((level, m) => town.meters[m].vital && level <= 0);
  return {
    cell: reached(town, cell, action),
    meters: levels,
    used: served ? place.name : null,
    refused: place !== undefined && !served ? place.name : null,
    cause: cause === -1 ? null : town.meters[cause].name,
  };
}

function play(box) {
  const behind = box.parentElement.nextElementSibling;
  const town = JSON.parse(box.dataset.town);
  const [grid, needs, told, count] = [".grid", ".needs", "output", ".count"].map((name) => box.querySelector(name));
  const open = [...Array(town.width * town.height).keys()].filter((cell) => !town.blocked.includes(cell));
  let state, steps, known, over;

  function begin() {
    const draw = (low, high) => low + Math.random() * (high - low);
    state = {
      cell: open[Math.floor(Math.random() * open.length)],
      meters: town.meters.map(({ low, high }) => Math.fround(draw(low, high))),
    };
    [steps, known, over] = [0, new Set(), false];
    told.textContent = "You are the ring. Arrow keys walk, Enter uses what stands where you are.";
    paint();
  }

  function paint() {
    grid.replaceChildren(
      ...[...Array(town.width * town.height).keys()].map((cell) => {
        const square = document.createElement("span");
        const place = town.places.find((one) => one.cell === cell);
        square.textContent = place === undefined ? "" : known.has(place.name) ? place.name.slice(0, 2) : "?";
        square.classList.toggle("blocked", town.blocked.includes(cell));
        square.classList.toggle("here", cell === state.cell);
        return square;
      }),
    );
    needs.querySelectorAll("meter").forEach((meter, m) => (meter.value = state.meters[m]));
    needs.querySelectorAll(".level").forEach((level, m) => {
      level.textContent = `${Math.round(state.meters[m] * 100)} %`;
    });
    count.textContent = `step ${steps} of ${town.limit}`;
    box.querySelectorAll(".actions button[value]").forEach((button) => (button.disabled = over));
  }

  function act(action) {
    if (over) return;
    const before = state.meters;
    state = townStep(town, state, action);
    steps += 1;
    const name = state.used ?? state.refused;
    if (name !== null) known.add(name);
    const changes = state.meters
      .map((level, m) => [town.meters[m].name, Math.round((level - before[m]) * 100)])
      .filter(([, change]) => Math.abs(change) >= 2)
      .map(([meter, change]) => `${meter} ${change > 0 ? "+" : "−"}${Math.abs(change)}`);
    if (state.refused !== null) told.textContent = `${state.refused} refuses you now.`;
    else if (state.used !== null) told.textContent = `${state.used}: ${changes.join(", ") || "hardly anything changes"}.`;
    else told.textContent = action === USE ? "Nothing stands here." : "";
    over = state.cause !== null || steps >= town.limit;
    if (over) end(state.cause === null ? "You reached the limit." : `Your ${state.cause} is empty.`);
    paint();
  }

  function end(why) {
    over = true;
    const beside = town.beside.map(({ name, steps: lasted }) => `${name} ${lasted}`).join(", ");
    told.textContent = `${why} You lived ${steps} steps and used ${known.size} of ${town.places.length} places. In the run: ${beside}.`;
    behind.dataset.answered = "yes";
    paint();
  }

  box.addEventListener("keydown", (event) => {
    if (!(event.key in STEPS) || (event.target.tagName === "BUTTON" && STEPS[event.key] === USE)) return;
    event.preventDefault();
    event.stopPropagation();
    act(STEPS[event.key]);
  });
  box.querySelectorAll(".actions button[value]").forEach((button) => {
    button.addEventListener("click", () => act(NAMES.indexOf(button.value)));
  });
  box.querySelector("button.again").addEventListener("click", begin);
  box.querySelector("button.end").addEventListener("click", () => steps > 0 && !over && end("You stopped."));
  lock(behind, () => behind.dataset.answered === "yes");
  box.hidden = false;
  begin();
}

document.querySelectorAll(".agent").forEach(play);
