// What Gradio's own parts do not do: buttons that fill in a question and ask it, and photos that
// are dropped, pasted or chosen, each with an answer of its own.
(() => {
  "use strict";
  const AT_ONCE = 2; // photos that are asked for side by side; the others wait here
  const WHERE = "Where does it look?";
  const photos = []; // {file, card, model}
  const waiting = [];
  let asking = 0;

  const one = (selector) => document.querySelector(selector);

  const made = (kind, name, text) => {
    const element = document.createElement(kind);
    if (name) element.className = name;
    if (text !== undefined) element.textContent = text; // never as HTML: file names are anyone's
    return element;
  };

  // What would turn the order of letters round, or is none, spelled out: as errors.py does.
  const printable = (text) => text.replace(
    /[\0-\x1f\x7f-\x9f\u061c\u180e\u200e\u200f\u2028-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);

  // ---- words ----------------------------------------------------------------------------------
  const fill = (name, value) => {
    const field = one(`#${name} input, #${name} textarea`);
    if (!field) return;
    const kind = field.tagName === "INPUT" ? HTMLInputElement : HTMLTextAreaElement;
    // Past the framework's own setter, which would take the change for its own.
    Object.getOwnPropertyDescriptor(kind.prototype, "value").set.call(field, value);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };

  const ask = (button) => {
    for (const [name, value] of Object.entries(JSON.parse(button.dataset.values))) {
      fill(name, value);
    }
    const press = button.dataset.press;
    setTimeout(() => one(`#${press}`)?.click(), 0); // when the fields have told their values
  };

  // ---- photos ---------------------------------------------------------------------------------
  const panel = () => one("#photo-model");

  const send = async (path, photo) => {
    let body;
    try {
      body = await photo.file.arrayBuffer();
    } catch { // a folder, or a file that has gone since
      return { refused: "This cannot be read as a file; choose it again." };
    }
    try {
      const response = await fetch(`photos/${path}?model=${encodeURIComponent(photo.model)}`, {
        method: "POST", body, headers: { "Content-Type": "application/octet-stream" },
      });
      return await response.json();
    } catch {
      return { refused: "The page's server does not answer; see whether it still runs." };
    }
  };

  const refuse = (text, sentence) => {
    const said = made("p", "refusal", sentence);
    said.setAttribute("role", "alert");
    text.append(said);
  };

  const showAnswer = (photo, found) => {
    const text = photo.card.querySelector(".text");
    text.querySelectorAll(":scope > :not(.name)").forEach((element) => element.remove());
    photo.card.classList.remove("mapped");
    photo.card.setAttribute("aria-busy", "false");
    if (found.refused) {
      photo.card.querySelector(":scope > img")?.remove();
      refuse(text, found.refused);
      text.append(removal(photo));
      return;
    }
    text.append(made("p", found.sure ? "answer" : "answer unsure", found.answer));
    // Of two labels and a sure answer, the other's score says nothing new.
    const others = found.sure ? found.scores.slice(1, found.scores.length > 2 ? 3 : 1)
      : found.scores.slice(0, 3);
    const listed = others.map(([label, score]) => `${label} ${score.toFixed(3)}`).join(", ");
    text.append(made("p", "score", !found.sure ? `best: ${listed}`
      : `score ${found.score.toFixed(3)}${listed && `, then ${listed}`}`));
    text.append(made("p", "evaluation", found.sentence));
    const button = made("button", "where", WHERE);
    button.type = "button";
    button.addEventListener("click", () => showMap(photo, button));
    text.append(button, removal(photo));
  };

  const removal = (photo) => {
    const button = made("button", "remove", "Remove");
    button.type = "button";
    button.setAttribute("aria-label", `Remove ${printable(photo.file.name)}`);
    button.addEventListener("click", () => {
      photos.splice(photos.indexOf(photo), 1);
      URL.revokeObjectURL(photo.address);
      photo.card.remove();
    });
    return button;
  };

  const hideMap = (photo, button) => {
    photo.card.querySelector(".map").remove();
    photo.card.classList.remove("mapped");
    button.textContent = WHERE;
  };

  const showMap = async (photo, button) => {
    if (photo.card.classList.contains("mapped")) return hideMap(photo, button);
    button.disabled = true;
    button.textContent = "Covering it part by part ...";
    const { model } = photo;
    const found = await send("map", photo);
    if (model !== photo.model) return; // meanwhile another model was chosen
    photo.card.querySelector(".map")?.remove();
    const place = made("div", "map");
    if (found.refused) {
      refuse(place, found.refused);
      button.disabled = false; // to try again
      button.textContent = WHERE;
    } else {
      button.disabled = false;
      button.textContent = "Hide the map";
      const picture = made("img");
      picture.src = found.picture;
      picture.alt = `The photo and its map. ${found.sentence}`;
      place.append(picture, made("p", "evaluation", found.sentence));
      photo.card.classList.add("mapped");
    }
    photo.card.querySelector(".text").append(place);
  };

  const next = async () => {
    if (asking >= AT_ONCE || !waiting.length) return;
    const photo = waiting.shift();
    const { model } = photo;
    asking += 1;
    const found = photo.file.size > Number(panel().dataset.bytes)
      ? { refused: panel().dataset.tooLarge } : await send("answer", photo);
    asking -= 1;
    if (model === photo.model) showAnswer(photo, found);
    next();
  };

  const enqueue = (photo) => {
    photo.model = panel().dataset.model;
    photo.card.setAttribute("aria-busy", "true");
    waiting.push(photo);
    next();
  };

  const add = (file) => {
    const card = made("article", "card");
    const address = URL.createObjectURL(file);
    const name = printable(file.name);
    const text = made("div", "text");
    text.append(made("p", "name", name), made("p", "answer unsure", "..."));
    if (file.type.startsWith("image/")) {
      const picture = made("img");
      picture.alt = name;
      picture.addEventListener("error", () => picture.remove());
      picture.src = address;
      card.append(picture);
    }
    card.append(text);
    card.setAttribute("aria-label", name);
    const photo = { file, card, address };
    photos.push(photo);
    one("#photo-cards").prepend(card);
    enqueue(photo);
  };

  const addAll = (files) => [...files].reverse().forEach(add);

  window.askAgain = () => photos.forEach((photo) => {
    if (!waiting.includes(photo)) enqueue(photo);
    else photo.model = panel().dataset.model;
  });

  const addExample = async (button) => {
    const response = await fetch(button.querySelector("img").src);
    const content = await response.blob();
    const name = `example ${Number(button.dataset.example) + 1}`;
    add(new File([content], name, { type: content.type }));
  };

  // ---- what is clicked, chosen, dropped and pasted --------------------------------------------
  const photosShown = () => one("#drop")?.offsetParent !== null && one("#drop") !== null;

  document.addEventListener("click", (event) => {
    const asked = event.target.closest("button.ask");
    if (asked) ask(asked);
    const example = event.target.closest("button.example");
    if (example) addExample(example);
  });

  document.addEventListener("change", (event) => {
    if (event.target.id !== "photo-files") return;
    addAll(event.target.files);
    event.target.value = ""; // so that the same file can be chosen again
  });

  document.addEventListener("dragover", (event) => {
    if (!photosShown()) return;
    event.preventDefault(); // else the browser would leave the page for the photo
    one("#drop").classList.add("over");
  });

  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) one("#drop")?.classList.remove("over");
  });

  document.addEventListener("drop", (event) => {
    if (!photosShown()) return;
    event.preventDefault();
    one("#drop").classList.remove("over");
    addAll(event.dataTransfer.files);
  });

  document.addEventListener("paste", (event) => {
    const files = event.clipboardData?.files ?? [];
    if (!photosShown() || !files.length) return;
    event.preventDefault();
    addAll(files);
  });
})();
