/**
 * The query string of the view: in the address, or behind the hash of a frozen copy, which may be opened as a file
 * (`index.html#/?episode=5`).
 */

import { FROZEN } from "@/lib/frozen/frozen";

/** The query string of the view, with its "?"; "" for none. */
export function readSearch(): string {
  const { search, hash } = globalThis.location ?? { search: "", hash: "" };
  return FROZEN ? searchInHash(hash) : search;
}

/** The query string in a hash such as "#/?episode=5". */
export function searchInHash(hash: string): string {
  const start = hash.indexOf("?");
  return start < 0 ? "" : hash.slice(start);
}

/** The address of this page with another query string. */
export function addressWith(search: string): string {
  return FROZEN ? `#/${search}` : window.location.pathname + search;
}
