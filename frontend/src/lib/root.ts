/** Addresses of the server behind any proxy, relative to the page's `<base href>`. */

/** The absolute address of a path such as "api/run". */
export function address(path: string): string {
  return new URL(path, document.baseURI).href;
}

/** The address of the pages on all runs, "/" or a proxy's; null for a server of one run. */
export function runsRoot(): string | null {
  const root = document.querySelector("base")?.dataset.runs;
  return root === undefined ? null : new URL(root, document.baseURI).pathname;
}

/** Whether this page is on all runs and not on one run. */
export function isAboutAll(): boolean {
  return runsRoot() === new URL(document.baseURI).pathname;
}

/** The address of a run's dashboard, on a server of many runs. */
export function runAddress(runId: string): string {
  return `${runsRoot() ?? "/"}runs/${encodeURIComponent(runId)}/`;
}

/** The page of an address: "", "stream" or "gallery"; above the runs "" or "runs". */
export function pageOf(pathname: string): string {
  const root = new URL(document.baseURI).pathname;
  return (pathname.startsWith(root) ? pathname.slice(root.length) : "").replace(/\/+$/, "");
}

/** The address of the WebSocket. */
export function socketAddress(): string {
  return address("ws").replace(/^http/, "ws");
}
