/** What has just happened and is worth a banner over the stream. */

import { sentence } from "@/lib/format";
import type { Annotation } from "@/lib/messages";

export interface News {
  position: number;
  title: string;
  detail: string;
}

const TITLES: Record<string, string> = {
  randomized: "Affordances moved",
  drop: "Surprise!",
  resumed: "Back from a checkpoint",
  record: "A new record",
  anomaly: "Something went wrong",
  stopped: "Training has ended",
};

/** The landmarks after log position `after` that deserve a banner, oldest first. */
export function newsAfter(annotations: readonly Annotation[], after: number): News[] {
  return annotations
    .filter((a) => a.position > after && (a.kind === "stage" || a.kind in TITLES))
    .map(({ kind, position, episode, text }) => {
      const title = kind === "stage" ? sentence(text) : TITLES[kind]!;
      const when = `episode ${episode}`;
      return { position, title, detail: kind === "stage" ? when : `${sentence(text)}, ${when}` };
    });
}
