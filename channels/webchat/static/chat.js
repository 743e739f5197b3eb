// The chat with a socket. The page is complete without it: when no socket can be had, the form is sent as ever.
import { initAll } from "./govuk-frontend.min.js";

initAll();

const chat = document.getElementById("chat");
const form = document.getElementById("form");
const input = document.getElementById("message");
const lines = document.getElementById("lines");
const options = document.getElementById("options");
const thinking = document.getElementById("thinking");
const announcer = document.getElementById("announcer");
const offline = document.getElementById("offline");
const leave = document.getElementById("leave");
const words = chat.dataset;
const title = document.title.replace(words.errorPrefix, "");
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const thumbs = matchMedia("(pointer: coarse)");

const THINKING_MS = 30_000; // an officer may have the conversation: then no answer comes by itself
const OFFLINE_MS = 2_000; // a short break is mended before anyone needs to know
const LONGEST_WAIT_MS = 10_000;
const ECHO_MS = 5_000; // a message comes back at once; without it the connection is dead, whatever it says
const LEFT = 4001;

let socket = null;
let worked = false; // whether a socket was ever open; until then the form is sent as without scripts
let cursor = words.cursor;
let attempts = 0;
let timers = {};
let seen = null;

// What was typed survives a reload, in this tab only.
const kept = {
  read(name, empty) {
    try { return JSON.parse(sessionStorage.getItem(`onedoor.${name}`)) ?? empty; } catch { return empty; }
  },
  write(name, value) {
    try { sessionStorage.setItem(`onedoor.${name}`, JSON.stringify(value)); } catch { /* storage is off */ }
  },
};
let pending = kept.read("pending", []).filter(({ id }) => !lines.querySelector(`[data-id="${CSS.escape(id)}"]`));

function later(name, ms, act) {
  clearTimeout(timers[name]);
  timers[name] = act ? setTimeout(act, ms) : null;
}

function connect() {
  later("connect");
  if (socket) return;
  const address = new URL("/chat/socket", location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  address.searchParams.set("after", cursor);
  address.searchParams.set("lang", words.lang);
  const opening = new WebSocket(address);
  socket = opening;
  opening.onopen = () => {
    worked = true;
    document.documentElement.dataset.live = "yes";
    attempts = 0;
    later("offline");
    offline.hidden = true;
    document.getElementById("waiting")?.remove();
    pending.forEach(deliver);
    tellSeen();
  };
  opening.onmessage = ({ data }) => receive(JSON.parse(data));
  opening.onclose = ({ code }) => {
    if (opening !== socket) return;
    if (code === LEFT) location.reload();
    else lost();
  };
}

// The connection is gone: its socket is let go, and another is tried after a wait that grows.
function lost() {
  const dead = socket;
  socket = null;
  dead?.close();
  later("echo");
  if (worked && !timers.offline) later("offline", OFFLINE_MS, () => { offline.hidden = false; });
  const wait = Math.min(LONGEST_WAIT_MS, 500 * 2 ** attempts) * (0.5 + Math.random() / 2);
  attempts += 1;
  later("connect", wait, connect);
}

function deliver({ id, text }) {
  if (socket?.readyState !== WebSocket.OPEN) return connect(); // a citizen who writes is not kept waiting
  socket.send(JSON.stringify({ type: "say", id, text }));
  later("echo", ECHO_MS, lost);
}

function say(text) {
  const message = { id: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`, text };
  pending.push(message);
  kept.write("pending", pending);
  showPending(message);
  offer([]);
  deliver(message);
}

function receive(frame) {
  if (frame.type === "line") showLine(frame);
  if (frame.type === "thinking") think(true);
  if (frame.type === "error") giveBack(frame);
}

function showLine(frame) {
  leave.hidden = false;
  cursor = frame.cursor;
  if (frame.id) forget(frame.id);
  if (document.getElementById(frame.key)) return;
  const holder = document.createElement("template");
  holder.innerHTML = frame.html.trim(); // our own server's, escaped there
  const line = holder.content.firstElementChild;
  const waiting = lines.querySelector(".chat-line--pending");
  lines.insertBefore(line, waiting);
  if (frame.speaker !== "citizen") {
    think(false);
    announce(frame);
    // An answer of several parts: what one of them offers stays when the next offers nothing.
    if (frame.options.length) offer(frame.options, line, frame.lang);
    seen = frame.key;
    tellSeen();
  } else {
    offer([]);
  }
  reveal(line);
}

function showPending({ id, text }) {
  const line = document.createElement("li");
  line.className = "chat-line chat-line--citizen chat-line--pending";
  line.dataset.id = id;
  const who = document.createElement("p");
  who.className = "chat-line__who";
  const name = document.createElement("span");
  name.className = "chat-line__name";
  name.textContent = words.you;
  who.append(name, ` ${words.sending}`);
  const said = document.createElement("div");
  said.className = "chat-line__text";
  const itself = document.createElement("div");
  itself.className = "chat-line__words";
  itself.textContent = text;
  said.append(itself);
  line.append(who, said);
  lines.append(line);
  reveal(line);
}

function forget(id) {
  pending = pending.filter((message) => message.id !== id);
  kept.write("pending", pending);
  if (!pending.length) later("echo");
  lines.querySelector(`.chat-line--pending[data-id="${CSS.escape(id)}"]`)?.remove();
}

// A message that was refused goes back into the box, before what was typed since.
function giveBack({ id, text }) {
  const refused = pending.find((message) => message.id === id);
  if (refused) {
    forget(id);
    setDraft([refused.text, input.value].filter(Boolean).join("\n"));
  }
  think(false);
  showError(text);
}

// Puts options on the buttons; those of earlier questions are shown in their lines from then on.
function offer(choices, line, lang) {
  lines.querySelectorAll(".chat-line--offering").forEach((old) => old.classList.remove("chat-line--offering"));
  line?.classList.add("chat-line--offering");
  const buttons = choices.map(({ label, value }) => {
    const button = document.createElement("button");
    button.className = "govuk-button govuk-button--secondary chat__option";
    button.name = "option";
    button.value = value;
    button.textContent = label;
    if (lang && lang !== words.lang) button.lang = lang;
    return button;
  });
  options.replaceChildren(...buttons);
  options.hidden = !buttons.length;
}

function announce({ text, lang, speaker, options: choices }) {
  const news = document.createElement("p");
  if (lang) news.lang = lang;
  news.textContent = [`${speaker === "officer" ? words.staff : words.us} ${words.said} ${text}`, ...choices.map(({ label }) => label)].join("\n");
  announcer.append(news);
  setTimeout(() => news.remove(), 60_000);
}

function think(on) {
  thinking.hidden = !on;
  later("thinking", THINKING_MS, on ? () => think(false) : null);
  if (on) reveal(thinking);
}

function reveal(element) {
  const behavior = calm.matches ? "auto" : "smooth";
  const fits = form.getBoundingClientRect().bottom - element.getBoundingClientRect().top < innerHeight;
  (fits ? form : element).scrollIntoView({ block: fits ? "end" : "start", behavior });
}

function tellSeen() {
  if (seen && document.visibilityState === "visible" && socket?.readyState === WebSocket.OPEN) {
    socket.send(JSON.stringify({ type: "seen", upto: seen }));
    seen = null;
  }
}

function setDraft(text) {
  input.value = text;
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

// The same error that the page shows without scripts, tied to the box it is about.
function showError(text) {
  clearError();
  const error = document.createElement("p");
  error.id = "message-error";
  error.className = "govuk-error-message";
  error.setAttribute("role", "alert");
  const hidden = document.createElement("span");
  hidden.className = "govuk-visually-hidden";
  hidden.textContent = words.errorPrefix;
  error.append(hidden, text);
  input.closest(".govuk-form-group").classList.add("govuk-form-group--error");
  input.classList.add("govuk-textarea--error");
  input.setAttribute("aria-describedby", "message-error message-info");
  input.setAttribute("aria-invalid", "true");
  input.before(error);
  document.title = words.errorPrefix + title;
  input.focus();
}

function clearError() {
  document.getElementById("message-error")?.remove();
  document.querySelector(".govuk-error-summary")?.remove();
  input.closest(".govuk-form-group").classList.remove("govuk-form-group--error");
  input.classList.remove("govuk-textarea--error");
  input.setAttribute("aria-describedby", "message-info");
  input.removeAttribute("aria-invalid");
  document.title = title;
}

form.addEventListener("submit", (event) => {
  if (!worked) return; // no socket was ever open: the form is sent
  event.preventDefault();
  const chosen = event.submitter?.name === "option" ? event.submitter.value : null;
  const text = (chosen ?? input.value).trim();
  if (!text) return showError(words.errorEmpty);
  const over = [...text].length - Number(words.longest);
  if (over > 0) return showError(words.errorLong.replace("{most}", words.longest).replace("{over}", over));
  if (chosen === null) setDraft("");
  kept.write("draft", input.value);
  clearError();
  say(text);
  // On a telephone the box's keyboard would cover the next question's buttons.
  const next = chosen !== null && thumbs.matches ? document.getElementById("transcript-heading") : input;
  next.focus({ preventScroll: true });
});

input.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit(form.querySelector(".chat__send"));
  }
});
input.addEventListener("input", () => kept.write("draft", input.value));

leave.addEventListener("submit", () => {
  try { sessionStorage.clear(); } catch { /* storage is off */ }
  socket = null; // its end is not news to this page, which goes elsewhere
});
addEventListener("online", connect);
addEventListener("offline", lost);
addEventListener("pageshow", ({ persisted }) => { if (persisted) location.reload(); });
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") { connect(); tellSeen(); }
});

if (!input.value) setDraft(kept.read("draft", ""));
seen = [...lines.querySelectorAll(".chat-line--assistant")].at(-1)?.id ?? null;
pending.forEach(showPending);
if (!location.hash && !document.querySelector(".govuk-error-summary") && lines.childElementCount > 2) {
  reveal(lines.lastElementChild);
}
connect();
