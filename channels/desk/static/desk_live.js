// Keeps a page of the desk up to date, keeps drafts, and gives it keys. Without it pages are loaded again.
const live = document.getElementById("live");
const csrf = document.querySelector("input[name=csrf]")?.value ?? "";
let wait = 500;

function toEnd() {
  const talk = live?.querySelector(".desk-talk");
  if (talk) talk.scrollTop = talk.scrollHeight;
}

async function refresh() {
  const part = live.dataset.part;
  const answer = await fetch(part ?? location.href, { headers: { Accept: "text/html" } });
  if (answer.redirected || !answer.ok) return location.reload();
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = part ? page.body : page.getElementById("live");
  // What has not changed is left alone: a click or a word being marked survives.
  if (!fresh || fresh.innerHTML.trim() === live.innerHTML.trim()) return;
  if (part) {
    live.replaceChildren(...fresh.childNodes);
    toEnd();
    return;
  }
  const focus = document.activeElement?.getAttribute("href");
  if (!live.contains(document.activeElement?.closest("form"))) {
    live.replaceChildren(...fresh.childNodes);
    if (focus) live.querySelector(`a[href="${CSS.escape(focus)}"]`)?.focus();
  }
}

function connect() {
  const url = new URL(live.dataset.live, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(url);
  let busy = false;
  let again = false;
  socket.addEventListener("open", () => {
    wait = 500;
    refresh().catch(() => {}); // what happened between the page and its socket
  });
  socket.addEventListener("message", async () => {
    again = true;
    if (busy) return;
    busy = true;
    while (again) {
      again = false;
      try {
        await refresh();
      } catch {
        // the network is away: the socket will say so too
      }
    }
    busy = false;
  });
  socket.addEventListener("close", () => {
    setTimeout(connect, wait);
    wait = Math.min(wait * 2, 30000);
  });
}

function drafts(form) {
  const text = form.querySelector("textarea");
  const parts = document.getElementById("parts");
  let timer = 0;
  const keep = async () => {
    const answer = await fetch(form.dataset.draft, {
      method: "POST",
      headers: { "X-CSRF-Token": csrf, "Content-Type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ text: text.value }),
    }).catch(() => null);
    if (!answer?.ok) return;
    const { segments, encoding } = await answer.json();
    parts.textContent = segments ? `${segments} part${segments === 1 ? "" : "s"} (${encoding}).` : "";
  };
  text.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(keep, 600);
  });
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  form.addEventListener("submit", () => clearTimeout(timer));
  document.getElementById("canned")?.addEventListener("change", (event) => {
    if (!event.target.value) return;
    text.value = text.value ? `${text.value}\n${event.target.value}` : event.target.value;
    event.target.value = "";
    text.focus();
    const open = text.value.indexOf("((");
    if (open >= 0) text.setSelectionRange(open, text.value.indexOf("))", open) + 2);
    text.dispatchEvent(new Event("input"));
  });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
  if (event.key === "/") {
    event.preventDefault();
    document.querySelector("[role=search] input, a[href='/desk/search']")?.focus();
    return;
  }
  if (event.key === "j" || event.key === "k") {
    const rows = [...document.querySelectorAll("a[data-row]")];
    const at = rows.indexOf(document.activeElement) + (event.key === "j" ? 1 : -1);
    rows[Math.max(0, Math.min(at, rows.length - 1))]?.focus();
    return;
  }
  const target = /^[a-z]$/.test(event.key) && document.querySelector(`[data-key="${event.key}"]`);
  if (!target) return;
  event.preventDefault();
  if (target.matches("button, summary")) target.click();
  target.focus();
});

if (live) {
  toEnd();
  connect();
}
const reply = document.getElementById("reply");
if (reply) drafts(reply);
