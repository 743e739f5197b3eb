// Keeps the demo phone up to date and sends without loading the page again; the page works without it.

const EVERY = 1000; // milliseconds between looks
const texts = document.getElementById("texts");
const list = texts.querySelector("ol");
const bubble = document.getElementById("bubble");
const form = document.getElementById("write");
const input = document.getElementById("text");
const problem = document.getElementById("text-error");
let etag = "";
let sending = false;

function newKey() {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("-");
}

function toTheEnd() {
  texts.scrollTop = 0; // the column is reversed: its end is where scrolling starts
  if (document.activeElement === input) input.scrollIntoView({ block: "nearest" });
}

function put(item, text) {
  if (item.textContent !== text) item.textContent = text;
}

function show(state) {
  if (state.number !== texts.dataset.number) {
    location.reload(); // another tab has chosen another number
    return;
  }
  const atEnd = Math.abs(texts.scrollTop) < 40;
  let added = false;
  for (const text of state.texts) {
    let item = document.getElementById(text.id);
    if (!item) {
      item = bubble.content.firstElementChild.cloneNode(true);
      item.id = text.id;
      put(item.querySelector(".aside"), text.sender === "phone" ? "You, " : "Onedoor, ");
      put(item.querySelector("time"), text.time);
      put(item.querySelector(".words"), text.text);
      if (text.language) item.querySelector(".words").lang = text.language;
      put(item.querySelector(".length"), text.length);
      list.append(item);
      added = true;
    }
    item.className = text.sender + (text.failed ? " failed" : "");
    put(item.querySelector(".state"), text.state);
  }
  document.getElementById("empty").hidden = state.texts.length > 0;
  put(document.getElementById("waiting"), state.waiting ? "Waiting for an answer…" : "");
  if (added && atEnd) toTheEnd();
}

async function look() {
  try {
    if (!document.hidden && !sending) {
      const headers = etag ? { "If-None-Match": etag } : {};
      const answer = await fetch("/demo/phone/texts", { headers, cache: "no-store" });
      if (answer.ok) {
        etag = answer.headers.get("ETag") || "";
        show(await answer.json());
      }
    }
  } catch {
    put(document.getElementById("waiting"), "No connection. Trying again…");
    etag = "";
  }
  setTimeout(look, EVERY);
}

function complain(words) {
  put(problem, words);
  problem.hidden = !words;
  if (words) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (sending || !input.value.trim()) return;
  sending = true;
  try {
    const body = new URLSearchParams(new FormData(form));
    const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
    if (answer.ok) {
      complain("");
      input.value = "";
      form.elements.key.value = newKey();
      show(await answer.json());
      toTheEnd();
    } else {
      const said = answer.status === 400 ? (await answer.json()).error : "";
      complain(said || "Your text was not sent. Load the page again.");
    }
  } catch {
    complain("Your text was not sent: no connection. Try again."); // the same key: it can't arrive twice
  }
  sending = false;
  input.focus();
});

input.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  }
});

toTheEnd();
setTimeout(look, EVERY);
