// plotly.js of the installed Python package, served by this server and loaded once per page.

let loading = null;

/**
 * Load plotly.js.
 *
 * The server sends it without a lifetime, so a plain script tag would fetch 4.8 MB at every visit.
 * `force-cache` keeps one copy per version, which the version in the address renews.
 */
export function loadPlotly(version) {
  loading ??= (async () => {
    const url = new URL(`../ired.plotly/plotly.min.js?v=${version}`, import.meta.url);
    const answer = await fetch(url, { cache: "force-cache" });
    if (!answer.ok) throw new Error(`plotly.js: the server answered ${answer.status}`);
    const source = URL.createObjectURL(new Blob([await answer.text()], { type: "text/javascript" }));
    await new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = source;
      script.onload = resolve;
      script.onerror = () => reject(new Error("plotly.js could not be read"));
      document.head.append(script);
    });
    URL.revokeObjectURL(source);
    return window.Plotly;
  })();
  return loading;
}
