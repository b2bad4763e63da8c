/**
 * `?still`: the page draws one moment without movement, so that an address always gives the same picture.
 * `?still=page` also draws what is below the screen, for pictures of the whole page or of one panel.
 */

import { readSearch } from "@/lib/query";

export type Still = "screen" | "page" | null;

/** The still mode of a query string. */
export function stillOf(search: string): Still {
  const asked = new URLSearchParams(search).get("still");
  return asked === null ? null : asked === "page" ? "page" : "screen";
}

const search = readSearch();

/** The still mode of the address when the page was opened. */
export const STILL: Still = stillOf(search);

/** Whether the address names an episode: then nothing in the picture depends on the present. */
export const STILL_PAST = STILL !== null && new URLSearchParams(search).has("episode");
