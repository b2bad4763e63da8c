/**
 * The chunks of a frozen copy. A page from a file may not fetch, but it may load scripts: each chunk is a script
 * that puts base64 of deflated lines of JSON into the global `hamlet`.
 */

import { recent } from "@/lib/recent";
import type { Contents } from "./contents";

declare global {
  var hamlet: Record<string, unknown> | undefined;
}

/** A chunk holds about half a megabyte of text. */
const REMEMBERED = 60;

const lines = recent<string, Promise<string[]>>(REMEMBERED);

/** The lines of a chunk, each the JSON of one answer as the server writes it. */
export function linesOf(name: string): Promise<string[]> {
  let found = lines.get(name);
  if (found === undefined) {
    found = load(name).then(inflate);
    lines.set(name, found);
  }
  return found;
}

/**
 * The table of contents.
 *
 * Throws where the file is missing, as in an archive that is not unpacked.
 */
export function readContents(): Contents {
  const contents = globalThis.hamlet?.contents as Contents | undefined;
  if (contents === undefined) throw new Error(missing("contents"));
  return contents;
}

function load(name: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = `data/${name}.js`;
    script.onload = () => {
      script.remove();
      const content = globalThis.hamlet?.[name];
      if (globalThis.hamlet) delete globalThis.hamlet[name];
      if (typeof content === "string") resolve(content);
      else reject(new Error(missing(name)));
    };
    script.onerror = () => reject(new Error(missing(name)));
    document.head.append(script);
  });
}

function missing(name: string): string {
  return `data/${name}.js cannot be loaded: unpack the whole folder, and keep index.html beside data/`;
}

async function inflate(content: string): Promise<string[]> {
  if (!("DecompressionStream" in globalThis)) {
    throw new Error("this browser cannot unpack the data: Chromium 103, Firefox 113 or Safari 16.4 can");
  }
  const bytes = Uint8Array.from(atob(content), (character) => character.charCodeAt(0));
  const inflated = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return (await new Response(inflated).text()).split("\n");
}
