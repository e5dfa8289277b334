// Traces and layouts as Python spells them: nested dicts, arrays as base64.

const KINDS = {
  i1: Int8Array, u1: Uint8Array, i2: Int16Array, u2: Uint16Array, i4: Int32Array,
  u4: Uint32Array, f4: Float32Array, f8: Float64Array,
};

export function isPlain(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

/** A copy of `base` with the entries of `change` laid over it, dict by dict. */
export function merged(base, change) {
  const result = {};
  for (const [key, value] of Object.entries(base)) result[key] = isPlain(value) ? merged(value, {}) : value;
  for (const [key, value] of Object.entries(change ?? {}))
    result[key] = isPlain(value) && isPlain(result[key]) ? merged(result[key], value) : value;
  return result;
}

/** A trace with the arrays that it shares with another one of its level; each travels once. */
export function resolved(trace, own) {
  const entries = Object.entries(trace).map(([key, value]) =>
    [key, isPlain(value) && "same" in value ? own[value.same][value.field] : value]);
  return Object.fromEntries(entries);
}

/** The numbers of a typed array: {dtype, bdata}, flat. */
export function typed({ dtype, bdata }) {
  const bytes = Uint8Array.from(atob(bdata), (character) => character.charCodeAt(0));
  return new KINDS[dtype](bytes.buffer);
}

/** A spelled or decoded array as lists of plain values. */
export function plain(value) {
  if (isPlain(value) && "bdata" in value) {
    const flat = Array.from(typed(value));
    const [rows, columns] = String(value.shape ?? flat.length).split(",").map(Number);
    if (!columns) return flat;
    return Array.from({ length: rows }, (_, i) => flat.slice(i * columns, (i + 1) * columns));
  }
  const list = ArrayBuffer.isView(value) ? Array.from(value) : value;
  return Array.isArray(list) ? list.map((v) => (typeof v === "object" && v !== null ? plain(v) : v)) : list;
}

/** What a click on a trace's points does: "jump", "leap" or nothing of its own. */
export function clickOf({ meta }) {
  return isPlain(meta) ? meta.click : meta;
}

/** What each point of a trace is called: points of one name are lit together in all panels. */
export function namesOf({ meta }) {
  return isPlain(meta) ? meta.names ?? [] : [];
}

/** The customdata of a point as a flat list; plotly.js leaves some of it in typed arrays. */
export function customOf(point) {
  if (point.customdata === undefined || point.customdata === null) return [];
  const list = plain(point.customdata);
  return Array.isArray(list) ? list : [list];
}
