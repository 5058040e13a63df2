// Draws the charts in the page's colours, and lets a reader move about in them without a mouse.
"use strict";

const report = JSON.parse(document.getElementById("report-data").textContent);
const onTouch = matchMedia("(pointer: coarse)").matches;
const colours = {plain: "#3b8fd0", near: "#e07b39", chosen: "#d1495b"};
const labelWidth = 7.2, labelHeight = 15;  // pixels of a letter, and of a line

function pageColour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

// What of a layout depends on light and dark, with the names of its axes.
function pageColours(axes) {
  const ink = pageColour("--ink"), line = pageColour("--line");
  const changes = {
    "font.color": ink, "font.family": "system-ui, sans-serif",
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    "hoverlabel.bgcolor": pageColour("--card"), "hoverlabel.bordercolor": line,
    "hoverlabel.font.color": ink,
  };
  for (const axis of axes) {
    changes[`${axis}.gridcolor`] = line;
    changes[`${axis}.linecolor`] = line;
    changes[`${axis}.color`] = ink;
  }
  return changes;
}

// {"a.b": 1} becomes {a: {b: 1}}, on top of what is there.
function assigned(target, changes) {
  for (const [path, value] of Object.entries(changes)) {
    const names = path.split(".");
    const last = names.pop();
    let place = target;
    for (const name of names) place = place[name] = place[name] || {};
    place[last] = value;
  }
  return target;
}

function axesOf(layout) {
  return Object.keys(layout).filter((name) => /^[xy]axis\d*$/.test(name));
}

function configuration(wheel) {
  return {responsive: true, displaylogo: false, displayModeBar: false, scrollZoom: wheel};
}

function drawChart(plot) {
  const figure = report.charts[plot.dataset.chart];
  const layout = assigned(structuredClone(figure.layout), pageColours(axesOf(figure.layout)));
  for (const trace of figure.data) trace.textfont = {color: pageColour("--ink"), ...trace.textfont};
  // On a touch screen a finger scrolls the page.
  layout.dragmode = onTouch ? false : "zoomable" in plot.dataset ? "pan" : "zoom";
  return Plotly.newPlot(plot, figure.data, layout, configuration(false));
}

// ---- moving about -----------------------------------------------------------------------------

function zoom(plot, factor) {
  const scene = plot.layout.scene;
  if (scene) {
    const eye = scene.camera.eye;
    return Plotly.relayout(plot, {"scene.camera.eye":
      {x: eye.x * factor, y: eye.y * factor, z: eye.z * factor}});
  }
  const changes = {};
  for (const axis of ["xaxis", "yaxis"]) {
    const [low, high] = plot.layout[axis].range;
    const middle = (low + high) / 2, half = factor * (high - low) / 2;
    changes[`${axis}.range`] = [middle - half, middle + half];
  }
  return Plotly.relayout(plot, changes);
}

function move(plot, right, up) {
  const scene = plot.layout.scene;
  if (scene) {
    const eye = scene.camera.eye, turn = 0.25 * right;
    return Plotly.relayout(plot, {"scene.camera.eye": {
      x: eye.x * Math.cos(turn) - eye.y * Math.sin(turn),
      y: eye.x * Math.sin(turn) + eye.y * Math.cos(turn), z: eye.z + 0.25 * up}});
  }
  const changes = {};
  for (const [axis, share] of [["xaxis", right], ["yaxis", up]]) {
    const [low, high] = plot.layout[axis].range;
    const step = 0.15 * share * (high - low);
    changes[`${axis}.range`] = [low + step, high + step];
  }
  return Plotly.relayout(plot, changes);
}

function showAll(plot) {
  return Plotly.relayout(plot, plot.layout.scene
    ? {"scene.camera.eye": {x: 1.45, y: 1.45, z: 1.1}}
    : {"xaxis.autorange": true, "yaxis.autorange": true});
}

const keys = {
  ArrowLeft: (plot) => move(plot, -1, 0), ArrowRight: (plot) => move(plot, 1, 0),
  ArrowUp: (plot) => move(plot, 0, 1), ArrowDown: (plot) => move(plot, 0, -1),
  "+": (plot) => zoom(plot, 0.7), "=": (plot) => zoom(plot, 0.7), "-": (plot) => zoom(plot, 1.4),
  0: showAll,
};

function makeMovable(plot) {
  plot.addEventListener("keydown", (event) => {
    if (event.key in keys && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      keys[event.key](plot);
    }
  });
  const buttons = plot.parentElement.querySelectorAll("[data-zoom]");
  const actions = {in: (of) => zoom(of, 0.7), out: (of) => zoom(of, 1.4), all: showAll};
  for (const button of buttons) {
    button.addEventListener("click", () => {
      actions[button.dataset.zoom](plot);
      // Who has zoomed in by a finger wants to move with it.
      if (onTouch && !plot.layout.scene) Plotly.relayout(plot, {dragmode: "pan"});
    });
  }
}

// ---- labels of a chart ------------------------------------------------------------------------

const sides = {"top center": [0, -1], "bottom center": [0, 1], "middle right": [1, 0],
               "middle left": [-1, 0]};

// From coordinates to pixels of a drawn, flat chart.
function inPixels(plot) {
  const {xaxis, yaxis, margin} = plot.layout;
  const width = plot.clientWidth - margin.l - margin.r;
  const height = plot.clientHeight - margin.t - margin.b;
  const share = (value, [low, high]) => (value - low) / (high - low);
  return {width, height, at: (x, y) => ({x: width * share(x, xaxis.range),
                                         y: height * (1 - share(y, yaxis.range))})};
}

// The side of each point where its label has room, as long as fewer than `most` have found one;
// null where there is none. Points come as {x, y, text, size, always} in pixels of an area
// {width, height}, the most important first; `gap` is what Plotly leaves between point and label.
// One that must have a label gets it above itself where nothing is free.
function roomFor(points, area, most) {
  const boxes = points.filter((point) => point.always || most === Infinity)
    .map((point) => ({x: point.x, y: point.y, half: 5, tall: 10, of: point}));
  let found = 0;
  return points.map((point) => {
    if (found >= most) return null;
    const scale = (point.size || 11) / 11, tall = labelHeight * scale;
    const half = labelWidth * scale * point.text.length / 2, {gap = 6} = point;
    for (const [side, [right, down]] of Object.entries(sides)) {
      const box = {x: point.x + right * (half + gap), y: point.y + down * (tall / 2 + gap),
                   half, tall};
      const inside = box.x > half && box.x < area.width - half
        && box.y > tall / 2 && box.y < area.height - tall / 2;
      const hit = boxes.some((other) => other.of !== point
        && Math.abs(other.x - box.x) < other.half + half
        && Math.abs(other.y - box.y) < (other.tall + tall) / 2);
      if (inside && !hit) {
        boxes.push(box);
        found += 1;
        return side;
      }
    }
    return point.always ? "top center" : null;
  });
}

// Writes the labels of a chart that have room; hovering tells the others, and so do the numbers.
function placeLabels(plot) {
  const pixels = inPixels(plot);
  const traces = plot.data.map((_, number) => number).filter((number) => plot.data[number].meta);
  const points = traces.flatMap((number) => plot.data[number].meta.map((text, place) => ({
    number, text, ...pixels.at(plot.data[number].x[place], plot.data[number].y[place])})));
  const room = roomFor(points, pixels, Infinity);
  const of = (number, value) => points.flatMap(
    (point, place) => point.number === number ? [value(point, room[place])] : []);
  return Plotly.restyle(plot, {
    text: traces.map((number) => of(number, (point, side) => side ? point.text : "")),
    textposition: traces.map((number) => of(number, (_, side) => side || "top center")),
  }, traces);
}

// ---- the map of words -------------------------------------------------------------------------

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
  const table = report.maps[chosen.get("model")];
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

// ---- all together -----------------------------------------------------------------------------

async function drawEverything() {
  await startMap();
  for (const plot of document.querySelectorAll("[data-chart]")) {
    await drawChart(plot);
    if ("zoomable" in plot.dataset) {
      makeMovable(plot);
      await placeLabels(plot);
      plot.on("plotly_relayout", () => placeLabels(plot));
    }
    await new Promise((resolve) => setTimeout(resolve));  // the page stays quick meanwhile
  }
  document.documentElement.dataset.drawn = "all";
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  drawMap();
  for (const plot of document.querySelectorAll("[data-chart].js-plotly-plot")) {
    Plotly.relayout(plot, pageColours(axesOf(plot.layout)));
    Plotly.restyle(plot, {"textfont.color": pageColour("--ink")});
  }
});

drawEverything();
