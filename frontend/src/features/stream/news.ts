/** What has just happened and is worth a banner over the stream. */

import { count, sentence } from "@/lib/format";
import type { Annotation } from "@/lib/messages";

export interface News {
  kind: string;
  position: number;
  title: string;
  detail: string;
}

/** A banner says each thing once: the title what happened, the detail what the title leaves open. */
const TITLES: Record<string, string> = {
  randomized: "Affordances moved",
  drop: "Surprise!",
  resumed: "Back from a checkpoint",
  record: "A new record",
  anomaly: "Something went wrong",
  stopped: "Training has ended",
};
/** Kinds whose title says it all. */
const NO_MORE_TO_SAY = new Set(["stage", "randomized"]);

/** The landmarks after log position `after` that deserve a banner, oldest first. */
export function newsAfter(annotations: readonly Annotation[], after: number): News[] {
  return annotations
    .filter((a) => a.position > after && (a.kind === "stage" || a.kind in TITLES))
    .map(({ kind, position, episode, text }) => {
      const title = kind === "stage" ? sentence(text) : TITLES[kind]!;
      const when = `after episode ${count(episode)}`;
      const rest = text.slice(text.indexOf(": ") + 1).trim();
      const detail = NO_MORE_TO_SAY.has(kind) ? sentence(when) : `${sentence(rest)}, ${when}`;
      return { kind, position, title, detail };
    });
}

/**
 * What is still to be announced, once `fresh` has come: one stage after the other becomes one piece of news, from
 * the first to the last of them, and everything else of which there is something newer of its kind is dropped.
 */
export function mergeNews(waiting: readonly News[], fresh: readonly News[]): News[] {
  const merged: News[] = [];
  for (const news of [...waiting, ...fresh]) {
    const before = merged.findIndex(({ kind }) => kind === news.kind);
    if (before < 0) {
      merged.push(news);
      continue;
    }
    const [older] = merged.splice(before, 1);
    merged.push(news.kind === "stage" ? { ...news, title: fromTo(older!.title, news.title) } : news);
  }
  return merged;
}

/** "Stage 1 → 2" and "Stage 2 → 3" make "Stage 1 → 3". */
function fromTo(first: string, last: string): string {
  const [from] = first.split(" → ");
  const to = last.split(" → ")[1];
  return from !== undefined && to !== undefined ? `${from} → ${to}` : last;
}
