// Files that this server hands out and only some readers need: loaded at the first wish, once.

const loading = new Map();
const running = new Map(); // scripts

function once(url, load) {
  if (!loading.has(url.href)) {
    const asked = load().catch((error) => {
      loading.delete(url.href); // the next wish asks again
      throw error;
    });
    loading.set(url.href, asked);
  }
  return loading.get(url.href);
}

/** What the server answers under a URL; it sends no lifetime, so one copy is kept by force. */
async function answered(url) {
  const answer = await fetch(url, { cache: "force-cache" });
  if (!answer.ok) throw new Error(`${url.pathname.split("/").at(-1)}: the server answered ${answer.status}`);
  return answer;
}

/** A text. */
export function textOf(url) {
  return once(url, async () => (await answered(url)).text());
}

/** The bytes of a file as base64. */
export function base64Of(url) {
  return once(url, async () => {
    const bytes = new Uint8Array(await (await answered(url)).arrayBuffer());
    let text = "";
    for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
    return btoa(text);
  });
}

/** Run a script, once, and give what it announces as a property of the window. By its own address: of that
 * the browser keeps what it has compiled, half of the time until the first figure. */
export async function scriptOf(url, name) {
  running.set(url.href, running.get(url.href) ?? run(url, name));
  try {
    return await running.get(url.href);
  } catch (error) {
    running.delete(url.href); // the next wish asks again
    throw error;
  }
}

function run(url, name) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = () => resolve(window[name]);
    script.onerror = () => reject(new Error(`${name} could not be read`));
    document.head.append(script);
  });
}
