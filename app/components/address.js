// The level in the address. The browser owns it: no server round trip, and nothing that Streamlit
// writes later may put an older level back.

const PARAMETER = "level";
const LEVEL = /^\s*(\d{1,2})[\s.,;:!?…)\]}>"'»”’`*]*$/; // as the server reads it, after a sentence

/** The level that the address names, or null when it names none of `levels`. */
export function readLevel(levels) {
  const values = new URLSearchParams(window.location.search).getAll(PARAMETER);
  const found = values.length === 1 && LEVEL.exec(values[0]);
  if (!found) return null;
  const level = Number(found[1]);
  return levels.includes(level) ? level : null;
}

/** Name the level in the address; the rest of the query stays spelled as it is, and no entry of the
 * history is added. */
export function writeLevel(level) {
  const { pathname, search, hash } = window.location;
  const pattern = new RegExp(`([?&]${PARAMETER}=)[^&]*`);
  let query;
  if (pattern.test(search)) query = search.replace(pattern, `$1${level}`);
  else query = `${search}${search ? "&" : "?"}${PARAMETER}=${level}`;
  if (query !== search) window.history.replaceState(window.history.state, "", pathname + query + hash);
}

/**
 * Follow the address while the view is open.
 *
 * Back and Forward: the entry's own level is shown. An address that Streamlit pushed or replaced (a
 * widget changed) gets the level that is on screen, since the server only knows an older one.
 */
export function followAddress({ levels, current, show }) {
  const path = window.location.pathname;
  const keep = () => {
    if (window.location.pathname === path) writeLevel(current());
  };
  const travelled = () => {
    if (window.location.pathname !== path) return;
    const level = readLevel(levels);
    if (level === null) keep();
    else show(level);
  };
  const changed = (event) => {
    if (event.navigationType !== "traverse") keep();
  };
  window.addEventListener("popstate", travelled);
  window.navigation?.addEventListener("currententrychange", changed);
  return {
    keep,
    stop() {
      window.removeEventListener("popstate", travelled);
      window.navigation?.removeEventListener("currententrychange", changed);
    },
  };
}
