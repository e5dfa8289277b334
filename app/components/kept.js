// What a copied link carries beside the address: the points held in lasso or box, cameras, and ranges of
// zoomed axes. The browser alone reads it, when the view opens.

const SELECTED = "selected";
const SCATTER = "scatter"; // the panel of Problems that holds points, which narrows its table
const CAMERA = "camera";
const ZOOM = "zoom";
const MOST = 2000; // characters of a link; chat programs and proxies cut longer ones

/** [[1], [2], [3], [7]] → "1-3.7"; nothing where points have other names than whole numbers. */
function spellHeld(customs) {
  const numbers = customs.map(([first]) => first).sort((a, b) => a - b);
  if (!numbers.every(Number.isInteger)) return "";
  const runs = [];
  for (const n of numbers) {
    if (runs.length && n <= runs.at(-1)[1] + 1) runs.at(-1)[1] = n;
    else runs.push([n, n]);
  }
  return runs.map(([from, to]) => (from === to ? from : `${from}-${to}`)).join(".");
}

function readHeld(text) {
  const runs = text.split(".").map((run) => run.split("-").map(Number));
  const fair = runs.every(([from, to = from]) => Number.isInteger(from) && to - from >= 0 && to < 1e6);
  return fair ? runs.flatMap(([from, to = from]) => Array.from({ length: to - from + 1 }, (_, i) => [from + i])) : [];
}

function spellCamera({ eye, center, up }) {
  return [eye, center, up].flatMap(({ x, y, z }) => [x, y, z].map((v) => Number(v.toFixed(3)))).join("~");
}

function readCamera(numbers) {
  const at = (i) => ({ x: numbers[i], y: numbers[i + 1], z: numbers[i + 2] });
  return numbers.length === 9 && numbers.every(Number.isFinite) ? { eye: at(0), center: at(3), up: at(6) } : null;
}

/** A link with what the panels hold. */
export function withKept(link, panels, most = MOST) {
  const address = new URL(link);
  for (const { id, held, figure } of panels) {
    const spelled = held ? spellHeld(held) : "";
    if (spelled) address.searchParams.append(SELECTED, `${id}~${spelled}`);
    if (!figure) continue;
    for (const [name, { camera, range }] of Object.entries(figure.turned())) {
      if (camera) address.searchParams.append(CAMERA, `${id}~${name}~${spellCamera(camera)}`);
      else if (figure.zoomed.has(name))
        address.searchParams.append(ZOOM, [id, name, ...range.map((end) => Number(end.toPrecision(6)))].join("~"));
    }
  }
  return address.href.length <= most ? address.href : link;
}

/** The address of Problems about the same model, set and level, where these are held; "" on that page itself. */
export function withHeld(link, path, customs) {
  const here = new URL(link);
  const spelled = spellHeld(unique(customs));
  if (!spelled || here.pathname === path) return "";
  const to = new URL(path, here);
  for (const name of ["model", "set", "level"])
    if (here.searchParams.has(name)) to.searchParams.set(name, here.searchParams.get(name));
  to.searchParams.set(SELECTED, `${SCATTER}~${spelled}`);
  return to.href.length <= MOST ? to.href : "";
}

/** Each name once: two fields may show one problem. */
function unique(customs) {
  return [...new Set(customs.map(([first]) => first))].map((name) => [name]);
}

/** What the address of this window carries for a panel: {held, view, zoom}. */
export function keptFor(id) {
  const query = new URLSearchParams(window.location.search);
  const mine = (name) => query.getAll(name).map((text) => text.split("~")).filter(([panel]) => panel === id);
  const held = mine(SELECTED).flatMap(([, text = ""]) => readHeld(text));
  const cameras = mine(CAMERA).flatMap(([, scene, ...numbers]) => {
    const camera = /^scene\d*$/.test(scene) && readCamera(numbers.map(Number));
    return camera ? [[scene, { camera }]] : [];
  });
  const ranges = mine(ZOOM).flatMap(([, name, ...texts]) => {
    const range = texts.map(Number);
    const fair = /^[xy]axis\d*$/.test(name) && range.length === 2 && range.every(Number.isFinite)
      && range[0] !== range[1];
    return fair ? [[name, range]] : [];
  });
  return { held: held.length ? held : null, zoom: Object.fromEntries(ranges), view: cameras.length ? Object.fromEntries(cameras) : null };
}
