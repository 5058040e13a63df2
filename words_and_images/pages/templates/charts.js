// Draws the charts in the page's colours, and lets a reader move about in them without a mouse.
"use strict";

const page = JSON.parse(document.getElementById("page-data").textContent);
const onTouch = matchMedia("(pointer: coarse)").matches;
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
  const figure = page.charts[plot.dataset.chart];
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

// ---- all together -----------------------------------------------------------------------------

async function drawCharts() {
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
  for (const plot of document.querySelectorAll("[data-chart].js-plotly-plot")) {
    Plotly.relayout(plot, pageColours(axesOf(plot.layout)));
    Plotly.restyle(plot, {"textfont.color": pageColour("--ink")});
  }
});
