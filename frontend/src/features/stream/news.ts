/** Chooses the events of the run that the stream announces in a banner. */

import { count, sentence } from "@/lib/format";
import type { Annotation } from "@/lib/messages";

export interface News {
  kind: string;
  position: number;
  title: string;
  /** One line that explains the title. */
  detail: string;
}

/** `title`: what happened, the mark's own text without it. `meaning`: one line for whoever has never seen that. */
export interface Explanation {
  title?: string;
  meaning: string;
}

/** By the kind of the mark; of kinds that are not here there is no banner. */
export const EXPLANATIONS: Record<string, Explanation> = {
  stage: { meaning: "It lives long enough, so that life is made harder" },
  "stage back": { meaning: "It lives too short, so that life is made easier again" },
  randomized: {
    title: "Affordances moved",
    meaning: "Everything in town stands elsewhere now, and nobody tells the agent",
  },
  drop: { title: "Surprise!", meaning: "Its lives have become shorter, so that it explores again" },
  resumed: {
    title: "Back from a checkpoint",
    meaning: "The trainer was interrupted and goes on from its last saved state",
  },
  record: { title: "A new record", meaning: "Its last lives were longer on average than ever before" },
  anomaly: { title: "Something went wrong", meaning: "A number could not be computed, and was dealt with" },
  stopped: { title: "Training has ended", meaning: "The agent learns no more for now" },
};

/** The landmarks after log position `after` that the stream announces, oldest first. */
export function newsAfter(annotations: readonly Annotation[], after: number): News[] {
  return annotations
    .filter((a) => a.position > after)
    .flatMap((annotation) => {
      const explanation = explanationOf(annotation);
      if (!explanation) return [];
      const { kind, position, episode, text } = annotation;
      const title = explanation.title ?? sentence(text);
      return [{ kind, position, title, detail: `${explanation.meaning} (after episode ${count(episode)})` }];
    });
}

/** What a mark means; a stage may also be left for an easier one. */
export function explanationOf({ kind, text }: Annotation): Explanation | undefined {
  const stages = /(\d+) → (\d+)/.exec(text);
  const back = kind === "stage" && stages && Number(stages[2]) < Number(stages[1]);
  return EXPLANATIONS[back ? "stage back" : kind];
}

/**
 * The queue after `fresh` was added. Changes of stage become one entry, from the first stage to the last; of every
 * other kind only the newest entry is kept.
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
