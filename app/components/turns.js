// Whose turn it is: a mount tells the page something only once it is drawn for what it was told before.
//
// Whatever is told is sent with the address that the page shows. Sent while Streamlit is about to show
// another one, it takes the reader back.

const PASSES = 2000; // ms after which what the page was told is taken to change nothing
const SILENT = 5000; // ms after which it is told again, where the page is at rest
const LOST = 15_000; // ms after which an address that it was told is taken for lost

const told = { turn: 0, at: 0, patience: 0 }; // what changes the page, as it was told last
let heard = 0; // the newest turn that it was drawn for

/** The page is being told something that changes it: the number it answers with once it is drawn. */
export function telling(patience = PASSES) {
  told.turn += 1;
  told.at = performance.now();
  told.patience = patience;
  return told.turn;
}

/** The page is being told another address. */
export const going = () => telling(LOST);

/** The page is drawn for what it was told. */
export function hears(turn) {
  heard = turn;
}

/** What the page says of itself in an attribute. */
function state(name, otherwise) {
  const app = document.querySelector("[data-testid=stApp]");
  return app?.getAttribute(`data-test-${name}-state`) ?? otherwise;
}

const AWAY = "a[data-testid=stPageLink-NavLink]"; // leads to another view
const WIDGET = "[data-testid=stElementContainer], [role=listbox]"; // tells the page without a mount

/** What the reader did last to the page without a mount, and how long Streamlit may take to run for it. */
const stirred = { at: -Infinity, patience: 0 };
let ran = -Infinity; // when a run of the page began last

const stirring = () => ran < stirred.at && performance.now() - stirred.at < stirred.patience;

function stirs({ type, target, key, ctrlKey, metaKey, shiftKey }) {
  if (ctrlKey || metaKey || shiftKey || (type === "keydown" && key !== "Enter")) return;
  const link = target.closest?.(AWAY);
  const away = type === "popstate" || (link && link.pathname !== window.location.pathname);
  if (away || (target.closest?.(WIDGET) && !target.closest(".ip")))
    Object.assign(stirred, { at: performance.now(), patience: away ? LOST : PASSES });
}

for (const name of ["click", "change", "keydown"]) document.addEventListener(name, stirs, true);
window.addEventListener("popstate", stirs, true);
new MutationObserver(() => {
  if (state("script", "notRunning") !== "notRunning") ran = performance.now();
}).observe(document.body, { subtree: true, attributeFilter: ["data-test-script-state"] });

/** Another view stands there, or none: nothing is on its way any more. */
export function arrived() {
  stirred.patience = 0;
}

/** Wait until the page's own connection stands: what is told before is lost. */
export async function connected() {
  for (let i = 0; i < 300 && state("connection", "CONNECTED") !== "CONNECTED"; i += 1) await sleep(100);
}

/** Wait until the page has run for what it was told: who interrupts it takes it back to the address before. */
export async function idle() {
  await connected();
  const waits = () => heard < told.turn && performance.now() - told.at < told.patience;
  const busy = () => waits() || stirring() || state("script", "notRunning") !== "notRunning";
  for (let i = 0; i < 3000 && busy(); i += 1) await sleep(10);
}

let last = Promise.resolve(); // of what waits to be told

/** Tell the page something once it has run, one thing after the other: of two at once it hears one. What
 * a cut connection took along is told again. */
export function inTurn(act) {
  const next = last.then(async () => {
    await idle();
    const { turn } = told;
    const done = await act();
    if (told.turn > turn && (await unheard(told.turn))) await act();
    return done;
  });
  last = next.catch(() => {});
  return next;
}

/** Whether a turn is not answered though the page is at rest. */
async function unheard(turn) {
  while (heard < turn && told.turn === turn) {
    if (performance.now() - told.at > SILENT && state("script", "notRunning") === "notRunning") return true;
    await sleep(30);
  }
  return false;
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
