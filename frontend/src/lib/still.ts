/**
 * `?still`: the page draws one moment, and nothing on it moves, so that a picture of an address is always the same
 * picture. `?still=page` draws what lies below the screen, too, for pictures of the whole page or of one panel.
 */

import { readSearch } from "@/lib/query";

export type Still = "screen" | "page" | null;

/** What a query string asks for. */
export function stillOf(search: string): Still {
  const asked = new URLSearchParams(search).get("still");
  return asked === null ? null : asked === "page" ? "page" : "screen";
}

const search = readSearch();

/** What the address asked for when the page was opened. */
export const STILL: Still = stillOf(search);

/** Whether the picture is of an episode that the address names: nothing on it is of the time at which it is taken. */
export const STILL_PAST = STILL !== null && new URLSearchParams(search).has("episode");
