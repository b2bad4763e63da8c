import type { Help } from "@/app/layout/help";

/** `agents`: how many agents of this run live at the same time. */
export function compareHelp(agents: number): Help {
  return {
    question: "What should I compare?",
    answer: [
      "Two lives step by step at the same pace. “Before and after the move” picks the two nearest to the move that begin in the same cell, of the same agent where there are such; so both start alike, and only the town differs. The rings on the right map are where things used to stand: watch whether habit leads there.",
      agents === 1
        ? "One agent lives in this run, one life after the other."
        : `${agents} agents live at the same time, each in a town of its own that looks the same. All of them share one network: what one learns, all know. “The agent” on this page is that network; an agent’s number says in which of the towns a life was lived.`,
    ],
  };
}
