/** Addresses of the server, wherever a proxy shows it: everything is relative to the page's `<base href>`. */

/** The absolute address of a path such as "api/run". */
export function address(path: string): string {
  return new URL(path, document.baseURI).href;
}

/** Where the pages about all runs are, "/" or as a proxy shows it; null for a server of one run alone. */
export function runsRoot(): string | null {
  const root = document.querySelector("base")?.dataset.runs;
  return root === undefined ? null : new URL(root, document.baseURI).pathname;
}

/** Whether this page is about all runs and not about one of them. */
export function isAboutAll(): boolean {
  return runsRoot() === new URL(document.baseURI).pathname;
}

/** The address of a run's dashboard, on a server of many runs. */
export function runAddress(runId: string): string {
  return `${runsRoot() ?? "/"}runs/${encodeURIComponent(runId)}/`;
}

/** Which page an address shows: "", "stream", "gallery" or "editor"; above the runs "", "runs", "compare" or "editor". */
export function pageOf(pathname: string): string {
  const root = new URL(document.baseURI).pathname;
  return (pathname.startsWith(root) ? pathname.slice(root.length) : "").replace(/\/+$/, "");
}

/** The address of the WebSocket. */
export function socketAddress(): string {
  return address("ws").replace(/^http/, "ws");
}
