// ---- the map of words -------------------------------------------------------------------------

const colours = {plain: "#3b8fd0", near: "#e07b39", chosen: "#d1495b"};

const map = {
  plot: document.getElementById("map-plot"),
  form: document.querySelector("#word-map form"),
  count: document.getElementById("map-count"),
  search: document.getElementById("map-search"),
  matches: document.getElementById("map-matches"),
  side: document.getElementById("map-side"),
  numbers: document.getElementById("map-numbers"),
  chosen: null,
};

function mapState() {
  const chosen = new FormData(map.form);
  const table = page.maps[chosen.get("model")];
  return {table, spatial: chosen.get("components") === "3",
          count: Math.min(Number(map.count.value), table.count),
          components: Number(chosen.get("components"))};
}

// A word as Plotly writes it: without this, <b> in it would be bold.
function textOf(word) {
  if (word === "__proto__") return `\u200b${word}`;  // in a scene Plotly looks texts up by name
  return word.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

// Markers, or text, at some of the words' places.
function wordTrace(state, places, changes) {
  const at = (axis) => places.map((place) => state.table.coordinates[place][axis]);
  const trace = {
    type: state.spatial ? "scatter3d" : "scatter", x: at(0), y: at(1), customdata: places,
    text: places.map((place) => textOf(state.table.words[place])), showlegend: false,
    hovertemplate: "%{text}<extra></extra>",
  };
  if (state.spatial) trace.z = at(2);
  return assigned(trace, changes);
}

function neighbours(state) {
  return map.chosen === null ? [] : state.table.neighbours[map.chosen];
}

// The words with a label and the side where it stands: the chosen one and its neighbours, then
// the most frequent words in sight that have room beside them.
function mapLabels(state) {
  const first = [map.chosen, ...neighbours(state)].filter((place) => place !== null);
  const taken = new Set(first);
  const frequent = Array.from({length: state.count}, (_, place) => place)
    .filter((place) => !taken.has(place));
  const {layout} = map.plot;
  if (state.spatial || !layout || !layout.xaxis || !layout.xaxis.range) {
    return [...first, ...frequent.slice(0, 25)].map((place) => ({place, side: "top center"}));
  }
  const pixels = inPixels(map.plot);
  const points = [...first, ...frequent].map((place) => {
    const [x, y] = state.table.coordinates[place];
    const size = place === map.chosen ? 16 : taken.has(place) ? 13 : 11;
    return {place, text: state.table.words[place], size, always: taken.has(place),
            gap: taken.has(place) ? 8 : 0, ...pixels.at(x, y)};
  }).filter(({x, y, always}) => always
    || (x > 0 && y > 0 && x < pixels.width && y < pixels.height));
  const room = roomFor(points, pixels, 60 + first.length);
  return points.map(({place}, number) => ({place, side: room[number]}))
    .filter(({side}) => side !== null);
}

function mapTraces(state) {
  const near = neighbours(state), ink = pageColour("--ink");
  const all = Array.from({length: state.count}, (_, place) => place);
  const size = state.spatial ? 3 : 6;
  const traces = [
    wordTrace(state, all, {mode: "markers", "marker.size": size, "marker.color": colours.plain,
                           "marker.opacity": map.chosen === null ? 0.6 : 0.3}),
    wordTrace(state, [], {mode: "text", "textfont.size": 11, "textfont.color": ink,
                          hoverinfo: "skip", hovertemplate: null}),
  ];
  if (map.chosen === null) return traces;
  const lines = near.flatMap((place) => [map.chosen, place]);
  traces.push(
    wordTrace(state, lines, {mode: "lines", "line.color": colours.near, "line.width": 1,
                             hoverinfo: "skip", hovertemplate: null, text: null}),
    wordTrace(state, near, {mode: "markers+text", "marker.size": size + 3,
      "marker.color": colours.near, "textfont.size": 13, "textfont.color": colours.near}),
    wordTrace(state, [map.chosen], {mode: "markers+text", "marker.size": size + 6,
      "marker.color": colours.chosen, "textfont.size": 16, "textfont.color": colours.chosen}));
  return traces;
}

function mapLayout(state) {
  const title = (axis) => ({text: `component ${axis + 1} (${
    (100 * state.table.explained[axis]).toFixed(1)} % of the variance)`});
  const changes = pageColours(state.spatial
    ? ["scene.xaxis", "scene.yaxis", "scene.zaxis"] : ["xaxis", "yaxis"]);
  changes.margin = {l: 48, r: 8, t: 8, b: 44};
  changes.dragmode = state.spatial ? "orbit" : "pan";
  changes.hovermode = "closest";
  // What the reader looks at stays in place while words come and go, until another map is asked.
  changes.uirevision = `${new FormData(map.form).get("model")} ${state.components}`;
  if (!state.spatial) {
    for (const [axis, name] of ["xaxis", "yaxis"].entries()) {
      changes[`${name}.title`] = title(axis);
      changes[`${name}.zeroline`] = false;
    }
    return assigned({}, changes);
  }
  for (const [axis, name] of ["xaxis", "yaxis", "zaxis"].entries()) {
    changes[`scene.${name}.title`] = {text: `component ${axis + 1}`};
  }
  changes["scene.camera"] = {eye: {x: 1.45, y: 1.45, z: 1.1}};
  changes.margin = {l: 0, r: 0, t: 0, b: 0};
  return assigned({}, changes);
}

async function drawMap() {
  const state = mapState();
  document.getElementById("map-count-shown").textContent = state.count.toLocaleString("en");
  const other = map.drawn !== undefined && map.drawn !== state.spatial;
  map.drawn = state.spatial;
  // A flat chart does not become a scene: it is drawn anew.
  if (other) Plotly.purge(map.plot);
  await Plotly.react(map.plot, mapTraces(state), mapLayout(state), configuration(true));
  map.plot.removeAllListeners("plotly_click");
  map.plot.removeAllListeners("plotly_relayout");
  map.plot.on("plotly_click", (event) => {
    const place = event.points[0].customdata;
    if (place < state.table.count) choose(place);
  });
  // Other words have room where the ranges of the axes have changed.
  if (!state.spatial) map.plot.on("plotly_relayout", labelMap);
  await labelMap();
  if (map.numbers.open) showMapNumbers();
}

function labelMap() {
  const state = mapState(), labels = mapLabels(state);
  const sideOf = new Map(labels.map(({place, side}) => [place, side]));
  const near = neighbours(state), shown = new Set([map.chosen, ...near]);
  const frequent = labels.filter(({place}) => !shown.has(place)).map(({place}) => place);
  const {x, y, z, text, customdata} = wordTrace(state, frequent, {});
  const changes = {x: [x], y: [y], text: [text], customdata: [customdata],
                   textposition: [frequent.map((place) => sideOf.get(place))]};
  if (state.spatial) changes.z = [z];
  const drawn = [Plotly.restyle(map.plot, changes, [1])];
  if (map.chosen !== null) {
    drawn.push(Plotly.restyle(map.plot, {textposition: [near.map((place) => sideOf.get(place)),
                                                        [sideOf.get(map.chosen)]]}, [3, 4]));
  }
  return Promise.all(drawn);
}

function wordButton(word, place) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = word;
  button.addEventListener("click", () => choose(place));
  return button;
}

function choose(place) {
  map.chosen = place;
  showNeighbours();
  return drawMap();
}

function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

function showNeighbours() {
  const {table} = mapState(), place = map.chosen;
  const at = table.coordinates[place].map((value) => value.toFixed(3)).join(", ");
  const list = document.createElement("ol");
  table.neighbours[place].forEach((other, rank) => {
    const item = document.createElement("li"), word = table.words[other];
    // Only the words of the map itself have neighbours of their own to show.
    item.append(other < table.count ? wordButton(word, other) : element("span", word),
                element("span", table.cosines[place][rank].toFixed(3)));
    list.append(item);
  });
  const note = element("p", `number ${(place + 1).toLocaleString("en")} by frequency, at ${at}`);
  note.className = "note";
  map.side.replaceChildren(element("h4", table.words[place]), note, list);
}

function matching(text) {
  const {table} = mapState(), sought = text.trim().toLowerCase();
  if (!sought) return [];
  const lowered = table.words.slice(0, table.count).map((word) => word.toLowerCase());
  const places = lowered.map((_, place) => place);
  const exact = places.filter((place) => lowered[place] === sought);
  const begins = places.filter((place) => lowered[place].startsWith(sought)
                                          && lowered[place] !== sought);
  const holds = places.filter((place) => lowered[place].indexOf(sought) > 0);
  return [...exact, ...begins, ...holds].slice(0, 8);
}

function showMatches() {
  const {table} = mapState(), found = matching(map.search.value);
  const none = map.search.value.trim() && !found.length
    ? [element("span", `“${map.search.value.trim().slice(0, 60)}” is not among the ${
      table.count.toLocaleString("en")} words of this map.`)] : [];
  map.matches.replaceChildren(...none,
    ...found.map((place) => wordButton(table.words[place], place)));
}

function showMapNumbers() {
  const state = mapState(), table = document.createElement("table");
  const rows = [["word", "component 1", "component 2", "component 3", "nearest"]];
  for (let place = 0; place < state.count; place++) {
    const at = state.table.coordinates[place].map((value) => value.toFixed(3));
    rows.push([state.table.words[place], ...at, state.table.words[state.table.neighbours[place][0]]]);
  }
  rows.forEach((cells, number) => {
    const row = table.insertRow();
    cells.forEach((cell) => row.append(element(number ? "td" : "th", cell)));
  });
  map.numbers.querySelector(".wide").replaceChildren(table);
}

function startMap() {
  map.form.addEventListener("submit", (event) => {
    event.preventDefault();
    const [first] = matching(map.search.value);
    if (first !== undefined) choose(first);
  });
  map.search.addEventListener("input", showMatches);
  map.count.addEventListener("input", drawMap);
  for (const radio of map.form.querySelectorAll("[type=radio]")) {
    radio.addEventListener("change", () => {
      // The models know the same words, but not always in the same places of the list.
      if (radio.name === "model" && map.chosen !== null) map.chosen = chosenInNewModel();
      if (map.chosen !== null) showNeighbours();
      drawMap();
    });
  }
  map.numbers.addEventListener("toggle", () => map.numbers.open && showMapNumbers());
  makeMovable(map.plot);
  return drawMap();
}

function chosenInNewModel() {
  const {table} = mapState();
  const place = table.words.indexOf(map.side.querySelector("h4").textContent);
  return place < 0 || place >= table.count ? null : place;
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawMap);

startMap().then(drawCharts);
