// Copies and files: what a reader takes along.

/** Put a text on the clipboard; false if the browser forbids it. */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Pages that are not served from localhost or by https have no clipboard of their own.
    const area = document.createElement("textarea");
    area.value = text;
    area.style.position = "fixed";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

/** A link spells every parameter; what the browser itself changed stands in its own address. */
export function linkOf(query, live) {
  const spelled = new URLSearchParams(query);
  const shown = new URLSearchParams(window.location.search);
  for (const name of live) if (shown.has(name)) spelled.set(name, shown.get(name));
  return `${window.location.origin}${window.location.pathname}?${spelled}`;
}

function bytesOf({ base64 }) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** The text in a file that came from the server. */
export function textOf(file) {
  return new TextDecoder().decode(bytesOf(file));
}

/** Save a file that came from the server: {name, mime, base64}. */
export function saveFile(file) {
  saveBlob(file.name, new Blob([bytesOf(file)], { type: file.mime }));
}

export function saveBlob(name, blob) {
  const address = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
