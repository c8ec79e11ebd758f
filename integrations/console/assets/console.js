// The console's behaviour on top of pages that work without it: live stream, command line, columns, keys, clock.
// HTML comes drawn from the server; nothing here builds markup out of what people wrote (textContent only).
const $ = (id) => document.getElementById(id);
const body = document.body;
const incident = Number(body.dataset.incident);
const stream = $("stream"), scroll = $("scroll"), box = $("command"), line = $("line"), hint = $("hint"), choices = $("choices");
const make = (tag, cls, words) => { const e = document.createElement(tag); if (cls) e.className = cls; if (words) e.textContent = words; return e; };
const fragment = (html) => { const t = document.createElement("template"); t.innerHTML = html; return t.content; };
const pad = (n) => String(n).padStart(2, "0");
const utc = (d = new Date()) => `${pad(d.getUTCHours())}:${pad(d.getUTCMinutes())}:${pad(d.getUTCSeconds())} UTC`;
const freshKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");

// ---- time: the clock, running durations, the reader's own zone ----
function lasted(ms) {
  const s = Math.max(0, Math.floor(ms / 1000)), m = Math.floor(s / 60), h = Math.floor(m / 60), d = Math.floor(h / 24);
  if (s < 60) return `${s} s`;
  if (m < 60) return `${m} min`;
  if (h < 24) return m % 60 ? `${h} h ${m % 60} min` : `${h} h`;
  return h % 24 ? `${d} d ${h % 24} h` : `${d} d`;
}
function tick() {
  const now = new Date();
  const clock = $("clock");
  if (clock) {
    const local = now.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    clock.textContent = utc(now);
    if (now.getTimezoneOffset() !== 0) clock.append(make("span", "local", ` · ${local} here`));
  }
  for (const t of document.querySelectorAll("time[data-running]")) {
    const words = lasted(now - new Date(t.dateTime));
    if (t.textContent !== words) t.textContent = words;
  }
  countDown(now);
}
function countDown(now) {
  for (const t of document.querySelectorAll("time[data-until]")) {
    const words = lasted(new Date(t.dateTime) - now);
    if (t.textContent !== words) t.textContent = words;
  }
}
function localTitles(root) {
  for (const t of root.querySelectorAll("time[datetime]:not([title])")) {
    const d = new Date(t.dateTime);
    if (!isNaN(d)) t.title = `${d.toLocaleString([], { dateStyle: "full", timeStyle: "long" })}`;
  }
}
tick();
setInterval(tick, 1000);
localTitles(document);

// ---- stream ----
const MOST = 2000;
let unseen = 0;
const title = document.title;
// The scroller is reversed: 0 is the newest line.
const atNewest = () => Math.abs(scroll.scrollTop) < 60;
const toNewest = () => { scroll.scrollTop = 0; };
function put(html, missed) {
  const li = fragment(html).querySelector("li");
  if (!li) return;
  localTitles(li);
  const old = document.getElementById(li.id);
  if (old) { old.replaceWith(li); fold(li); rove(li); return; }
  if (missed) li.classList.add("missed");
  stream.append(li);
  fold(li);
  rove(li);
  while (stream.children.length > MOST) stream.firstElementChild.remove();
}
function day(data) {
  const date = data.entry.occurred_at.slice(0, 10);
  const days = stream.querySelectorAll("li[data-day]");
  if (data.day && (!days.length || days[days.length - 1].dataset.day !== date)) stream.append(...fragment(data.day).children);
}
function privately(html, cls = "") {
  const li = make("li", `entry private ${cls}`);
  li.append(make("span", "kind", "only you"));
  const said = make("div", "said");
  said.append(fragment(html));
  li.append(said);
  localTitles(li);
  dismissable(li);
  stream.append(li);
  showColumn("room");
  // A long answer is read from its first line.
  li.scrollIntoView({ block: li.offsetHeight > scroll.clientHeight ? "start" : "end" });
}
function dismissable(li) {
  const close = make("button", "quiet dismiss", "Dismiss");
  close.type = "button";
  close.onclick = () => { li.remove(); box.focus(); };
  li.append(close);
}
if ($("reply")) dismissable($("reply"));

// ---- very long entries: a dozen lines, the rest on demand ----
function fold(root) {
  const lines = (root.matches?.("li") ? [root] : [...root.querySelectorAll("li.entry:not(.private)")]);
  for (const li of lines) {
    const said = li.querySelector(":scope > .said");
    // Only what may be long is measured; nothing can be while its column is hidden.
    if (!said || li.querySelector(":scope > .more") || (said.textContent.length < 500 && said.textContent.split("\n").length < 14)) continue;
    if (said.scrollHeight <= 15 * parseFloat(getComputedStyle(said).lineHeight)) continue;
    const more = make("button", "quiet more", "Show all");
    more.type = "button";
    more.setAttribute("aria-expanded", "false");
    more.onclick = () => {
      const folded = said.classList.toggle("folded");
      more.textContent = folded ? "Show all" : "Show less";
      more.setAttribute("aria-expanded", String(!folded));
      li.scrollIntoView({ block: folded ? "nearest" : "start" });  // read on from its first line, whichever end the scroller holds on to
    };
    said.classList.add("folded");
    li.append(more);
  }
}
fold(stream);

// ---- one tab stop for the stream: its newest time, from which the arrow keys walk ----
let stop = null;
function rove(root) {
  for (const a of root.querySelectorAll(".at, .of")) a.tabIndex = -1;
  if (stop?.isConnected && stop === document.activeElement) return;
  rest([...stream.querySelectorAll(".at")].reverse().find((a) => a.offsetParent));  // none is shown: the stream itself is the stop
}
function rest(time) {
  if (stop) stop.tabIndex = -1;
  stop = time ?? null;
  if (stop) stop.tabIndex = 0;
  scroll.tabIndex = stop ? -1 : 0;
}
rove(stream);
stream.addEventListener("focusin", (e) => { if (e.target.matches(".at")) rest(e.target); });
stream.addEventListener("keydown", (e) => {
  if (!e.target.matches(".at, .of") || e.ctrlKey || e.metaKey || e.altKey) return;
  const shown = [...stream.querySelectorAll(".at")].filter((a) => a.offsetParent), here = shown.indexOf(e.target.closest("li").querySelector(".at"));
  const to = { ArrowUp: here - 1, ArrowDown: here + 1, Home: 0, End: shown.length - 1 }[e.key];
  const beside = { ArrowRight: ".of", ArrowLeft: ".at" }[e.key];
  const next = beside ? e.target.closest("li").querySelector(beside) : shown[to];
  if (!next) return;
  e.preventDefault();
  next.focus();
});
document.addEventListener("visibilitychange", () => { if (!document.hidden) { unseen = 0; document.title = title; } });

// ---- live ----
let source, position = body.dataset.position, lostAt = null, missed = null, lastHeard = Date.now(), retryTimer, parked = false;
const linkState = $("link");
function say(words, lost = false) { linkState.textContent = words; linkState.classList.toggle("lost", lost); }
function lost() {
  if (!lostAt) lostAt = new Date();
  say(`Connection lost ${utc(lostAt)}, trying again`, true);
}
function back() {
  if (lostAt) { missed = { from: lostAt, count: 0, first: null }; lostAt = null; }
  say("Live");
}
function settle() {  // the first state after coming back: everything missed has been shown
  if (!missed) return;
  const { from, count, first } = missed;
  missed = null;
  const what = count === 0 ? "Nothing happened meanwhile." : count === 1 ? "One entry came meanwhile, marked below." : `${count} entries came meanwhile, marked below.`;
  const note = make("li", "entry away", `Connection was lost ${utc(from)} to ${utc()}. ${what}`);
  if (first && first.isConnected) first.before(note); else stream.append(note);
}
const handlers = {
  entry(data) {
    const stay = atNewest();
    day(data);
    put(data.html, missed);
    if (data.also && document.getElementById(fragment(data.also).querySelector("li").id)) put(data.also);
    if (missed) { missed.count++; missed.first ||= stream.lastElementChild; }
    if (stay) toNewest();
    if (document.hidden) document.title = `(${++unseen}) ${title}`;
  },
  desk(data) {
    if (data.list !== undefined) swap($("rows"), data.list);
    if (data.card !== undefined) swap($("card"), data.card);
    if (data.head !== undefined) swap($("headline"), data.head);
    countNeeds();
    tick();
    settle();
  },
  banner(data) { swap($("banner"), data.html); },
  beat() {},
  // Too much happened to catch up with: the page is loaded anew, with what is being typed.
  far() {
    if (asked) { say("Much happened meanwhile: the page loads anew when this is closed", true); asked.addEventListener("close", reload); return; }
    reload();
  },
  bye(data) {
    source.close();
    if (data.why === "parked") { parked = true; say("Paused here: too many pages are open", true); return; }
    say("Signed out. Open a new one-time link to go on", true);
    source = null;
  },
};
function reload() { keepDraft(); location.reload(); }
// How many incidents wait for somebody stands on the phone's tab too.
function countNeeds() {
  const tab = document.querySelector('.columns a[data-col="card"]'), list = $("card").querySelector(".needs");
  if (tab && list) tab.textContent = list.children.length ? `Needs somebody ${list.children.length}` : "Needs somebody";
}
// Fragments are swapped only when they differ beyond their form keys, so that focus and selection survive.
const bare = (html) => html.replace(/name="key" value="[^"]*"/g, "");
function swap(element, html) {
  if (element.dataset.bare === bare(html)) return;
  element.dataset.bare = bare(html);
  const focused = element.contains(document.activeElement) ? document.activeElement.closest("form, a")?.textContent : null;
  element.replaceChildren(fragment(html));
  localTitles(element);
  if (focused) [...element.querySelectorAll("a, button")].find((e) => e.textContent === focused)?.focus();
}
function connect() {
  clearTimeout(retryTimer);
  source?.close();
  source = new EventSource(`/console/events?incident=${incident}&after=${position}`);
  const mine = source;
  source.onopen = () => { lastHeard = Date.now(); back(); };
  source.onerror = () => {
    if (mine !== source) return;
    lost();
    if (mine.readyState === EventSource.CLOSED) retryTimer = setTimeout(connect, 3000);  // refused: the browser gives up, we do not
  };
  for (const [name, handle] of Object.entries(handlers)) {
    source.addEventListener(name, (e) => {
      lastHeard = Date.now();
      if (e.lastEventId) position = e.lastEventId;
      handle(JSON.parse(e.data));
    });
  }
}
if (body.dataset.live === "yes") {
  say("Connecting");
  connect();
  // The server is heard every 15 s; silence means a dead connection that nobody has told us about.
  setInterval(() => { if (source && !parked && Date.now() - lastHeard > 40000) { lost(); lastHeard = Date.now(); connect(); } }, 5000);
  addEventListener("offline", () => { source?.close(); lost(); });
  addEventListener("online", () => { if (source) connect(); });
  document.addEventListener("visibilitychange", () => { if (parked && !document.hidden) { parked = false; lostAt = new Date(); connect(); } });
} else {
  say("Older entries, not live");
}

// ---- sending ----
let pending = null;  // {text, key}: the same words sent again are the same request
async function send(form, fields, button) {
  const inBox = form === line;
  if (inBox && !fields.text.trim()) return;
  if (!pending || pending.text !== fields.text || pending.incident !== fields.incident) pending = { text: fields.text, incident: fields.incident, key: freshKey() };
  fields.key = pending.key;
  fields.form_token = body.dataset.formToken;
  status("Sending …");
  if (button) button.disabled = true;
  if (inBox) box.readOnly = true;
  const giveUp = new AbortController(), timer = setTimeout(() => giveUp.abort(), 20000);
  try {
    const answer = await fetch("/console/commands", { method: "POST", headers: { Accept: "application/json" }, body: new URLSearchParams(fields), signal: giveUp.signal });
    answered(await answer.json(), answer.status, fields.text, inBox);
  } catch {
    status("Not confirmed: the connection failed. Send it again; it will not be recorded twice.", "bad");
    line.querySelector(".box").classList.toggle("failed", inBox);
  } finally {
    clearTimeout(timer);
    if (button) button.disabled = false;
    if (inBox) { box.readOnly = false; box.focus(); grow(); }
  }
}
function answered(reply, code, text, inBox) {
  line.querySelector(".box").classList.toggle("failed", inBox && !reply.ok);
  if (reply.detail) { status(reply.detail, "bad"); return; }  // a refusal before the command was looked at
  if (reply.ok || code !== 503) pending = null;
  for (const older of stream.querySelectorAll("li.private.bad")) older.remove();
  if (!reply.ok) {
    status("Not recorded. Your text is still here.", "bad");
    privately(reply.html, "bad");
    return;
  }
  if (inBox) { remember(text); box.value = ""; keepDraft(); }
  if (reply.location) { location.assign(reply.location); return; }
  status(reply.recorded ? `${reply.repeated ? "Already recorded" : "Recorded"} ${reply.at} UTC${reply.quiet ? `. ${reply.title}` : ""}` : "", "good");
  if (!reply.quiet) privately(reply.html);
}
function status(words, cls = "") { hint.className = `hint ${cls}`; hint.textContent = words; }
// ---- a draft outlives the page it was typed on, in this tab alone ----
const DRAFT = `muster-draft-${body.dataset.session}-${incident}`;
function keepDraft() {
  try { if (box.value.trim()) sessionStorage.setItem(DRAFT, box.value); else sessionStorage.removeItem(DRAFT); } catch { /* private mode: no draft */ }
}
function findDraft() {
  try { if (!box.value) box.value = sessionStorage.getItem(DRAFT) ?? ""; } catch { /* private mode: no draft */ }
}
box.addEventListener("input", keepDraft);
// ---- forms: what a button asks for, in a dialog; the same address is a page of its own without this script ----
let asked = null;
async function ask(link) {
  status("Opening …");
  try {
    const answer = await fetch(link.href, { headers: { Accept: "application/json" } });
    const data = await answer.json();
    if (!data.form) { status(data.detail ?? "The form could not be opened.", "bad"); return; }
    status("");
    openForm(data);
    asked.from = link;
  } catch {
    status("The form could not be opened: the connection failed. Type the command instead.", "bad");
  }
}
function openForm(data) {
  if (!asked) {
    asked = make("dialog", "form");
    asked.addEventListener("close", () => { const from = asked.from; asked.remove(); asked = null; from?.isConnected ? from.focus() : box.focus(); });
    body.append(asked);
  }
  const heading = make("h2", "", data.title);
  heading.id = "form-heading";
  asked.setAttribute("aria-labelledby", heading.id);
  asked.replaceChildren(heading, fragment(data.form));
  if (!asked.open) asked.showModal();
  (asked.querySelector('[aria-invalid="true"]') ?? asked.querySelector("input:not([type=hidden]), textarea, select"))?.focus();
}
async function sendForm(form, button) {
  if (button) button.disabled = true;
  const giveUp = new AbortController(), timer = setTimeout(() => giveUp.abort(), 20000);
  try {
    const answer = await fetch("/console/forms", { method: "POST", headers: { Accept: "application/json" }, body: new URLSearchParams(new FormData(form)), signal: giveUp.signal });
    const reply = await answer.json();
    if (reply.form) { openForm(reply); return; }
    if (!reply.ok) { fault(form, reply.detail ?? "Not recorded."); return; }
    asked?.close();
    if (reply.location) { location.assign(reply.location); return; }
    status(`${reply.repeated ? "Already recorded" : "Recorded"} ${reply.at} UTC${reply.quiet ? `. ${reply.title}` : ""}`, "good");
    if (!reply.quiet) privately(reply.html);
  } catch {
    fault(form, "Not confirmed: the connection failed. Send it again; it will not be recorded twice.");
  } finally {
    clearTimeout(timer);
    if (button) button.disabled = false;
  }
}
function fault(form, words) {
  const p = form.querySelector(":scope > .fault") ?? make("p", "fault");
  p.setAttribute("role", "alert");
  p.textContent = words;
  form.prepend(p);
}
document.addEventListener("submit", (e) => {
  const form = e.target;
  if (form.getAttribute("action") === "/console/forms") {
    e.preventDefault();
    sendForm(form, e.submitter ?? form.querySelector("button"));
    return;
  }
  if (form.getAttribute("action") !== "/console/commands") return;
  e.preventDefault();
  hide();
  send(form, Object.fromEntries(new FormData(form)), e.submitter ?? form.querySelector("button"));
});
document.addEventListener("click", (e) => {
  const fill = e.target.closest("[data-fill]"), form = e.target.closest("a[data-form]"), close = e.target.closest("dialog [data-close]"), chip = e.target.closest(".chip"), column = e.target.closest(".columns a");
  if (e.ctrlKey || e.metaKey || e.shiftKey) return;
  if (fill) {
    e.preventDefault();
    box.value = fill.dataset.fill;
    box.focus();
    box.setSelectionRange(box.value.length, box.value.length);
    complete();
  } else if (form) {
    e.preventDefault();
    ask(form);
  } else if (close) {
    e.preventDefault();
    asked?.close();
  } else if (chip) {
    e.preventDefault();
    stream.dataset.show = chip.dataset.show;
    for (const c of document.querySelectorAll(".chip")) c.setAttribute("aria-current", String(c === chip));
    fold(stream);
    rove(stream);
    toNewest();
  } else if (column) {
    e.preventDefault();
    showColumn(column.dataset.col);
  }
});
function showColumn(col) {
  $("desk").dataset.col = col;
  for (const a of document.querySelectorAll(".columns a")) a.setAttribute("aria-current", String(a.dataset.col === col));
  fold(stream);
  rove(stream);
}

// ---- command line: recall, completion, hint ----
let words = { verbs: [], people: [], roles: [], severities: [], statuses: [], components: [], component_states: [], incidents: [] };
fetch("/console/words", { headers: { Accept: "application/json" } }).then((r) => (r.ok ? r.json() : words)).then((w) => { words = w; }).catch(() => {});
const RECALL = `muster-recall-${body.dataset.session}`;
let recalled = -1, draft = "";
const recallList = () => { try { return JSON.parse(sessionStorage.getItem(RECALL) ?? "[]"); } catch { return []; } };
function remember(text) {
  recalled = -1;
  try { sessionStorage.setItem(RECALL, JSON.stringify([text, ...recallList().filter((t) => t !== text)].slice(0, 50))); } catch { /* private mode: no recall */ }
}
function recall(step) {
  const list = recallList(), next = Math.min(list.length - 1, recalled + step);
  if (next === recalled || next < -1) return;
  if (recalled === -1) draft = box.value;
  recalled = next;
  box.value = recalled === -1 ? draft : list[recalled];
  box.setSelectionRange(box.value.length, box.value.length);
  hide();
  grow();
  explain();
}
function slots(form) {  // "role ROLE [PERSON | none]" → [{optional, names}]
  return (form.match(/\[[^\]]*\]|\S+/g) ?? []).slice(1).map((s) => ({ optional: s[0] === "[", names: s.replace(/[[\]]/g, "").split("|").map((n) => n.trim()) }));
}
const option = (value, about = "", more = " ") => ({ value, about, more });
function named(name) {
  if (/^ROLE/.test(name)) return words.roles.map((r) => option(r));
  if (/^PERSON/.test(name)) return words.people.map((p) => option(`@${p.id}`, p.name));
  if (/^SEVERITY/.test(name)) return words.severities.map((s) => option(s));
  if (/^STATE/.test(name)) return words.statuses.map((s) => option(s));
  if (/^VERB/.test(name)) return words.verbs.map((v) => option(v.verb, v.help));
  if (/^COMPONENT=/.test(name)) return words.components.map((c) => option(`${c.id}=`, c.name, ""));
  if (/^INC-/.test(name)) return words.incidents.map((i) => option(i.id, i.name));
  if (/^[a-z]+$/.test(name)) return [option(name)];
  if (/^title=/.test(name)) return [option('title="', "the public title", "")];
  return [];
}
function parts() {  // what stands before the caret, and the word being typed
  const before = box.value.slice(0, box.selectionStart), at = Math.max(before.lastIndexOf(" "), before.lastIndexOf("\n")) + 1;
  let done = before.slice(0, at).split(/\s+/).filter(Boolean);
  const prefixed = /^(inc-|#)\d+$/i.test(done[0] ?? "");
  if (prefixed) done = done.slice(1);
  return { at, word: before.slice(at), done, prefixed, verb: words.verbs.find((v) => v.verb === (done[0] ?? "").toLowerCase()) };
}
function candidates() {
  const { word, done, verb, prefixed } = parts();
  const low = word.toLowerCase();
  const from = (list) => list.filter((o) => (o.value.toLowerCase().startsWith(low) || (low.length > 1 && o.about.toLowerCase().startsWith(low.replace(/^@/, "")))) && o.value !== word).slice(0, 9);
  if (word.startsWith("@")) return from(named("PERSON"));
  if (!done.length) {
    if (/^(inc|#)/i.test(word) && !prefixed) return from(words.incidents.map((i) => option(i.id, i.name)));
    return low || prefixed ? from(words.verbs.map((v) => option(v.verb, v.help))) : [];
  }
  if (!verb) return [];
  const [component, state] = word.split("=");
  if (state !== undefined && words.components.some((c) => c.id === component)) return from(words.component_states.map((s) => option(`${component}=${s}`)));
  const all = slots(verb.form), found = [];
  for (let i = Math.min(done.length - 1, all.length - 1); i >= 0 && i < all.length; i++) {
    found.push(...all[i].names.flatMap(named));
    if (!all[i].optional) break;
  }
  return from(found);
}
let offered = [], chosen = -1;
function hide() { choices.hidden = true; offered = []; chosen = -1; box.removeAttribute("aria-activedescendant"); }
function choose(i) {
  chosen = i;
  [...choices.children].forEach((li, n) => li.setAttribute("aria-selected", String(n === i)));
  if (i >= 0) { choices.children[i].scrollIntoView({ block: "nearest" }); box.setAttribute("aria-activedescendant", `choice-${i}`); }
}
function complete() {
  grow();
  explain();
  offered = candidates();
  chosen = -1;
  choices.replaceChildren(...offered.map((o, i) => {
    const li = make("li");
    li.id = `choice-${i}`;
    li.setAttribute("role", "option");
    li.setAttribute("aria-selected", "false");
    li.append(make("b", "", o.value), make("span", "", o.about));
    li.onmousedown = (e) => { e.preventDefault(); take(i); };
    return li;
  }));
  choices.hidden = !offered.length;
}
function take(i) {
  const o = offered[i], { at } = parts(), rest = box.value.slice(box.selectionStart);
  box.value = box.value.slice(0, at) + o.value + o.more + rest.trimStart();
  const caret = at + o.value.length + o.more.length;
  box.setSelectionRange(caret, caret);
  complete();
}
function explain() {
  const { verb, done, word } = parts();
  box.closest(".box").classList.remove("failed");
  const whole = words.verbs.find((v) => v.verb === word.toLowerCase());
  const known = verb ?? (done.length ? null : whole);
  if (known) {
    hint.className = "hint";
    hint.replaceChildren(make("code", "", known.form), `  ${known.help}`);
  } else if (words.verbs.length && done.length && !words.verbs.some((v) => v.verb === done[0]) && incident) {
    status("That is no command. To write it down, begin with note");
  } else {
    status("");
  }
}
function grow() {
  if (CSS.supports("field-sizing", "content")) return;
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight}px`;
}
box.addEventListener("input", () => { recalled = -1; complete(); });
box.addEventListener("blur", () => setTimeout(() => { if (document.activeElement !== box) hide(); }, 150));
box.addEventListener("keydown", (e) => {
  if (e.isComposing) return;
  const open = !choices.hidden, oneLine = !box.value.slice(0, box.selectionStart).includes("\n");
  if (e.key === "Tab" && open && !e.shiftKey) { e.preventDefault(); take(Math.max(0, chosen)); }
  else if (e.key === "Enter" && !e.shiftKey) { e.preventDefault(); if (open && chosen >= 0) take(chosen); else line.requestSubmit(); }
  else if (e.key === "ArrowDown" && open) { e.preventDefault(); choose((chosen + 1) % offered.length); }
  else if (e.key === "ArrowUp" && open && chosen >= 0) { e.preventDefault(); choose(chosen - 1); }
  else if (e.key === "ArrowUp" && oneLine && (!box.value || recalled >= 0 || box.selectionStart === 0 || !open)) { e.preventDefault(); recall(1); }
  else if (e.key === "ArrowDown" && recalled >= 0) { e.preventDefault(); recall(-1); }
  else if (e.key === "Escape") { if (open) hide(); else box.blur(); }
});

// ---- keys ----
let lastKey = "";
document.addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey || e.target.closest("input, textarea, dialog[open]")) return;
  if (e.key === "/") { e.preventDefault(); box.focus(); }
  else if (e.key === "?") $("keys").showModal();
  else if (e.key === "h" && lastKey === "g") location.assign("/");
  lastKey = e.key;
});
$("keys-button").onclick = () => $("keys").showModal();

document.addEventListener("click", (e) => { if (!e.target.closest("#who")) $("who")?.removeAttribute("open"); });

// ---- arriving ----
findDraft();
const query = new URLSearchParams(location.search);
if (query.has("reply") || query.has("again") || query.has("fill")) {
  for (const name of ["reply", "again", "fill", "col"]) query.delete(name);
  const rest = query.toString();
  history.replaceState(null, "", location.pathname + (rest ? `?${rest}` : ""));
}
if (/^#e\d+$/.test(location.hash)) {
  const seq = Number(location.hash.slice(2)), first = stream.querySelector("li[id^=e]"), here = document.getElementById(location.hash.slice(1));
  if (here) here.scrollIntoView({ block: "center" });
  // A permalink to an entry before this page: the page that ends a little after it.
  else if (first && seq < Number(first.id.slice(1)) && query.get("before") !== String(seq + 50)) location.replace(`?before=${seq + 50}${location.hash}`);
}
if (box.value) { box.setSelectionRange(box.value.length, box.value.length); box.focus(); }
else if (matchMedia("(min-width: 861px)").matches && !location.hash) box.focus({ preventScroll: true });
