const net = document.getElementById("net"), wires = document.getElementById("wires");
const search = document.getElementById("search"), hits = document.getElementById("hits");
const facts = document.getElementById("facts");
const frames = [...document.querySelectorAll(".frame")], boxes = [...document.querySelectorAll(".box")];
const SVG = "http://www.w3.org/2000/svg", STEP = 14;
let zoom = 1, near = null;

function fold(frame, closed) {
  frame.classList.toggle("closed", closed);
  frame.querySelector(".title").setAttribute("aria-expanded", String(!closed));
}

// The place of an end of a wire: a port, or a box; where it is folded away, the frame that hides it.
function place(key, within, lower, origin) {
  const element = document.getElementById(key);
  let hidden = null;
  for (let up = element.parentElement.closest(".closed"); up; up = up.parentElement.closest(".closed")) hidden = up;
  const rect = e => {
    const r = e.getBoundingClientRect();
    return { left: (r.left - origin.left) / zoom, right: (r.right - origin.left) / zoom,
             top: (r.top - origin.top) / zoom, bottom: (r.bottom - origin.top) / zoom };
  };
  if (hidden) {
    const r = rect(hidden);
    return { holder: hidden.id, x: (r.left + r.right) / 2, y: lower ? r.top : r.bottom, wide: r.right - r.left };
  }
  const r = rect(element), x = (r.left + r.right) / 2;
  if (!element.classList.contains("port") || element.tagName !== "I")
    return { holder: key, x, y: lower ? r.top : r.bottom, wide: r.right - r.left };
  const frame = element.closest(".frame");
  if (frame.id === within) return { holder: key, x, y: r.top, wide: 0 };
  const around = rect(frame);
  return { holder: key, x, y: lower ? around.top : around.bottom, wide: 0 };
}

// The bottom of the row in which a wire begins: it goes straight down to there, past larger neighbours.
function low(key, within, origin) {
  let cell = document.getElementById(key).closest(".cell");
  while (cell && cell.parentElement.dataset.frame !== within) cell = cell.parentElement.closest(".cell");
  return cell ? (cell.getBoundingClientRect().bottom - origin.top) / zoom : -Infinity;
}

function add(name, attributes, text) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text) element.textContent = text;
  wires.append(element);
}

function spread(lines, end, before) {
  const groups = new Map();
  for (const line of lines) {
    const at = line[end];
    if (at.wide) (groups.get(at.holder) || groups.set(at.holder, []).get(at.holder)).push(line);
  }
  for (const group of groups.values()) {
    const from = line => line[before].holder + "/" + line.source;
    const ways = [...new Map(group.map(line => [from(line), line])).values()].sort((a, b) => a.beside - b.beside);
    let middle = ways.findIndex(line => Math.abs(line.beside - line[end].x) < 3);
    if (middle < 0) middle = (ways.length - 1) / 2;
    const step = Math.min(STEP, (group[0][end].wide / 2 - 8) / Math.max(ways.length - 1, 1));
    for (const line of group) line.x = line[end].x + (ways.findIndex(w => from(w) === from(line)) - middle) * step;
  }
}

function draw() {
  wires.replaceChildren();
  const origin = net.getBoundingClientRect(), lines = [], labelled = new Set(), drawn = new Set();
  for (const [within, all] of Object.entries(WIRES)) for (const [source, bends, target, shape, back] of all) {
    const upper = place(back ? target : source, within, false, origin);
    const lower = place(back ? source : target, within, true, origin);
    if (upper.holder === lower.holder) continue;
    const points = [];
    for (const bend of bends) {
      const element = document.getElementById(bend);
      if (element.offsetParent === null) continue;
      const r = element.getBoundingClientRect(), x = ((r.left + r.right) / 2 - origin.left) / zoom;
      points.push([x, (r.top - origin.top) / zoom], [x, (r.bottom - origin.top) / zoom]);
    }
    lines.push({ source, target, shape, back, upper, lower, points, within,
                 beside: points.length ? points[points.length - 1][0] : upper.x, x: lower.x });
  }
  spread(lines, "lower", "upper");
  for (const { source, target, shape, back, upper, lower, points, within, x } of lines) {
    const key = [upper.x, upper.y, x, lower.y, points.join()].join("/");
    if (drawn.has(key)) continue;
    drawn.add(key);
    let d = `M${upper.x},${upper.y}`, px = upper.x, py = Math.max(upper.y, low(back ? target : source, within, origin));
    d += `L${px},${py}`;
    for (const [nx, ny] of [...points, [x, lower.y]]) {
      const start = Math.min(py + 14, (py + ny) / 2), my = (start + ny) / 2;
      d += Math.abs(nx - px) < 0.5 ? `L${nx},${ny}` : `L${px},${start}C${px},${my} ${nx},${my} ${nx},${ny}`;
      px = nx; py = ny;
    }
    const kind = back ? "back" : "", isNear = near && (upper.holder === near || lower.holder === near);
    add("path", { d, class: `${kind} ${isNear ? "near" : ""}` });
    const end = document.getElementById(target), leaves = end.matches("i.port.out") && lower.holder === target;
    if (back) add("path", { d: `M${upper.x},${upper.y}l-3.5,6h7Z`, class: `tip ${kind}` });
    else if (!leaves) add("path", { d: `M${x},${lower.y}l-3.5,-6h7Z`, class: `tip ${kind}` });
    const start = document.getElementById(source), enters = start.matches("i.port:not(.out)") && upper.holder === source;
    const said = `${upper.x}/${upper.y}/${shape}`;
    if (shape && !back && !leaves && !enters && !labelled.has(said)) {
      labelled.add(said);
      add("text", { x: upper.x + 5, y: upper.y + 14 }, shape);
    }
  }
}

function find() {
  const sought = search.value.trim().toLowerCase();
  net.classList.toggle("sought", sought !== "");
  let found = [];
  for (const box of boxes) {
    const hit = sought !== "" && (box.textContent + "\n" + box.dataset.facts).toLowerCase().includes(sought);
    box.classList.toggle("hit", hit);
    if (hit) found.push(box);
  }
  for (const box of found)
    for (let up = box.closest(".frame"); up; up = up.parentElement.closest(".frame")) fold(up, false);
  hits.textContent = sought === "" ? "" : `${found.length} found`;
  draw();
  return found;
}

let at = 0;
search.addEventListener("input", () => { at = 0; const found = find(); if (found[0]) found[0].scrollIntoView({ block: "center", inline: "center" }); });
search.addEventListener("keydown", event => {
  if (event.key !== "Enter") return;
  const found = find();
  if (found.length) found[at = (at + 1) % found.length].scrollIntoView({ block: "center", inline: "center" });
});

function tell(element) {
  near = element ? element.id : null;
  facts.hidden = !element;
  if (element) facts.textContent = element.dataset.facts;
  draw();
}

for (const frame of frames)
  frame.querySelector(".title").addEventListener("click", event => {
    event.stopPropagation();
    fold(frame, !frame.classList.contains("closed"));
    tell(frame);
  });
for (const box of boxes) {
  box.addEventListener("click", event => { event.stopPropagation(); tell(box); });
  box.addEventListener("keydown", event => { if (event.key === "Enter") tell(box); });
}
document.addEventListener("click", event => { if (!event.target.closest(".bar")) tell(null); });
document.addEventListener("keydown", event => { if (event.key === "Escape") tell(null); });
document.getElementById("fold").addEventListener("click", () => { frames.forEach(frame => fold(frame, true)); draw(); });
document.getElementById("unfold").addEventListener("click", () => { frames.forEach(frame => fold(frame, false)); draw(); });
function scale(by) { zoom = Math.min(3, Math.max(0.2, zoom * by)); net.style.transform = `scale(${zoom})`; draw(); }
document.getElementById("smaller").addEventListener("click", () => scale(1 / 1.2));
document.getElementById("larger").addEventListener("click", () => scale(1.2));
addEventListener("resize", draw);
draw();
