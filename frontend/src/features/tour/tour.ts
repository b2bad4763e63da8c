/** The scenes of the tour: the moments of a run, their order, and their texts. */

import { count, number, percent } from "@/lib/format";
import type { Annotation, Recovery, Run, StageBand, State } from "@/lib/messages";

/** The panels that a scene can highlight, by the id of their element. */
export type LitPanel = "town" | "survival" | "reward" | "curiosity" | "curriculum";

export interface Scene {
  key: "first steps" | "first stage" | "no hints" | "move" | "drop" | "way back";
  title: string;
  episode: number;
  panel: LitPanel;
}

/** The scenes of a run so far, in the order of their events; scenes without an event are left out. */
export function scenesOf(
  run: Pick<Run, "stages" | "num_agents">,
  newest: number,
  bands: readonly StageBand[],
  annotations: readonly Annotation[],
  recovery: Recovery | null,
): Scene[] {
  if (newest < 1) return [];
  const scenes: Scene[] = [{ key: "first steps", title: "First steps", episode: 1, panel: "town" }];
  const start = bands[0]?.stage ?? 1;
  const passed = bands.find((band) => band.stage > start);
  if (passed) {
    const episode = enteredAfter(passed);
    scenes.push({ key: "first stage", title: "The first stage is passed", episode, panel: "curriculum" });
  }
  const rewardOf = (stage: number): string | undefined => run.stages[stage - 1]?.reward;
  const unhinted = bands.find((band) => rewardOf(band.stage) === "sparse");
  if (unhinted && rewardOf(start) !== "sparse") {
    scenes.push({
      key: "no hints",
      title: "No more hints",
      episode: enteredAfter(unhinted),
      panel: "reward",
    });
  }
  const moved = recovery?.moved_at ?? null;
  if (moved !== null && newest > moved) {
    // The first episode of each agent after the move began before the move.
    const episode = Math.min(newest, moved + run.num_agents);
    scenes.push({ key: "move", title: "Everything is moved", episode, panel: "town" });
  }
  const drop = annotations.find(({ kind, episode }) => kind === "drop" && episode >= (moved ?? 0));
  if (drop) {
    scenes.push({ key: "drop", title: "The drop is noticed", episode: drop.episode, panel: "curiosity" });
  }
  if (moved !== null && recovery?.state === "recovered" && recovery.episodes != null) {
    const episode = Math.min(newest, moved + recovery.episodes);
    scenes.push({ key: "way back", title: "The way back", episode, panel: "survival" });
  }
  return scenes.sort((a, b) => a.episode - b.episode);
}

/** Two sentences on a scene, with figures of `state`, the state at the scene's episode. */
export function sentencesOf(scene: Scene, state: State, run: Run): [string, string] {
  const { metrics, recovery, window } = state;
  const last = `the last ${count(Math.min(window, state.episode))} episodes`;
  const mean = `${count(state.mean_survival)} of ${count(run.max_steps)} steps on average`;
  const stage = state.stage ? run.stages[state.stage.stage - 1] : undefined;
  const random = metrics.epsilon === null ? null : `${percent(metrics.epsilon)} of its actions are random`;
  const weight = run.novelty === "none" ? null : metrics.intrinsic_weight;
  const curiosity = weight === null ? null : number(weight);
  switch (scene.key) {
    case "first steps":
      return [
        `Nobody has told the agent what anything is for${random ? `; ${random}` : ""}.`,
        `Its first life ends after ${count(metrics.survival_time)} of ${count(run.max_steps)} steps.`,
      ];
    case "first stage":
      return [
        `After ${count(scene.episode)} episodes the agent lives long enough for the next stage${stage ? `, ${stage.name}: ${lowerFirst(stage.meaning)}` : ""}.`,
        `In ${last} it lived ${mean}.`,
      ];
    case "no hints":
      return [
        "From here on the town no longer says at every step how well things go; the agent has to know by itself.",
        `In ${last} it lived ${mean}${curiosity ? `, and its curiosity weighs ${curiosity}` : ""}.`,
      ];
    case "move":
      return [
        `After episode ${count(recovery.moved_at ?? 0)} everything in town stands elsewhere, and the agent is told nothing.`,
        recovery.before == null
          ? `In ${last} it lived ${mean}.`
          : `Before the move it lived ${count(recovery.before)} steps on average; now habit leads it to places that are empty.`,
      ];
    case "drop":
      return [
        `Survival has fallen to ${mean} over ${last}, and the trainer notices.`,
        `It makes the agent explore again${curiosity ? `: curiosity now weighs ${curiosity}` : ""}${random ? `, and ${random}` : ""}.`,
      ];
    case "way back":
      return [
        `${count(scene.episode - (recovery.moved_at ?? 0))} episodes after the move the agent lives well again: ${mean} over ${last}.`,
        recovery.lowest == null || recovery.before == null
          ? "It has learnt the new town."
          : `It had lived ${count(recovery.before)} steps before the move and ${count(recovery.lowest)} at its worst.`,
      ];
  }
}

/** The last episode before the stage. */
function enteredAfter(band: StageBand): number {
  return Math.max(1, band.first - 1);
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1).replace(/\.$/, "");
}
