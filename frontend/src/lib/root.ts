/** Addresses of the server, wherever a proxy shows it: everything is relative to the page's `<base href>`. */

/** The absolute address of a path such as "api/run". */
export function address(path: string): string {
  return new URL(path, document.baseURI).href;
}

/** Which page an address shows: "", "stream" or "gallery". */
export function pageOf(pathname: string): string {
  const root = new URL(document.baseURI).pathname;
  return (pathname.startsWith(root) ? pathname.slice(root.length) : "").replace(/\/+$/, "");
}

/** The address of the WebSocket. */
export function socketAddress(): string {
  return address("ws").replace(/^http/, "ws");
}
