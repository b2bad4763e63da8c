/** The mind of the moment looked at: which policy, in which town, feeling how, in which cell. */

import { refDebounced } from "@vueuse/core";
import { computed, ref, shallowRef, watch, watchEffect, type Ref } from "vue";
import { levelsAt } from "@/features/town/walker";
import { api } from "@/lib/api";
import type { Placement } from "@/lib/messages";
import { STILL } from "@/lib/still";
import { useLive } from "@/stores/live";
import { useTimeControl } from "@/stores/timeControl";
import { useWalk } from "@/stores/walk";
import { affordancesByCell, decisionsEverywhere, destinationsOf, quantile, type Decision } from "./decisions";
import type { Destination, Town } from "./decisions";
import type { Situation } from "./network";
import type { Mind as Known } from "./policies";
import { presetsOf } from "./presets";
import { usePolicies } from "./policies";
import { usePolicy } from "./usePolicy";

/** What follows a drag late, because it is dozens of times as heavy as a map. */
const REST_MS = 120;
const LONGEST_REST_MS = 400;

/** What a policy would do in every cell of a town. */
export interface MindView extends Known {
  town: Town;
  meters: readonly number[];
  decisions: Decision[];
  destinations: Destination[];
}

/** While `active` is false nothing is fetched and nothing is computed: nobody sees it. */
export function useMind(active: Ref<boolean>) {
  const live = useLive();
  const timeControl = useTimeControl();
  const walk = useWalk();
  const policies = usePolicies();

  const walking = ref(true);
  const chosenLevels = ref<number[] | null>(null);
  const chosenCell = ref<number | null>(null);
  const beside = ref<number | null>(null);

  const walkerLevels = computed(() => (walk.replay ? levelsAt(walk.replay, walk.step) : null));
  const walkerCell = computed(
    () => walk.replay?.path[Math.min(walk.step, walk.replay.path.length - 1)] ?? null,
  );
  const newborn = computed(() => (walk.replay ? levelsAt(walk.replay, 0) : null));
  const presets = computed(() => (live.run ? presetsOf(live.run, newborn.value) : []));
  /** Whether the meters are those of the walking agent, step by step. */
  const followsWalker = computed(() => walking.value && walkerLevels.value !== null);
  const meters = computed<number[]>(() => {
    if (followsWalker.value) return walkerLevels.value!;
    return chosenLevels.value ?? newborn.value ?? live.run?.meters.map(() => 1) ?? [];
  });

  function setLevels(levels: readonly number[]): void {
    // The walker goes on; the question stays where the reader saw it.
    chosenCell.value ??= cell.value;
    chosenLevels.value = [...levels];
    walking.value = false;
  }
  function setLevel(meter: number, level: number): void {
    setLevels(meters.value.map((present, i) => (i === meter ? level : present)));
  }
  function followWalker(): void {
    walking.value = true;
    chosenCell.value = null;
  }

  const shown = usePolicy(() => (active.value ? (timeControl.shown?.policy?.episode ?? null) : null));
  const other = usePolicy(() => (active.value ? beside.value : null));
  const otherLayout = useLayoutOf(beside);

  const view = shallowRef<MindView | null>(null);
  const besideView = shallowRef<MindView | null>(null);
  watchEffect(() => {
    if (!active.value) return;
    view.value = viewOf(timeControl.shown?.policy ? shown.mind.value : null, timeControl.shown?.layout);
  });
  watchEffect(() => {
    if (!active.value) return;
    besideView.value = beside.value === null ? null : viewOf(other.mind.value, otherLayout.value);
  });

  function viewOf(known: Known | null, layout: readonly Placement[] | null | undefined): MindView | null {
    const run = live.run;
    if (!known || !run || !layout || meters.value.length !== known.network.meters.length) return null;
    const town = { width: run.width, height: run.height, layout };
    const decisions = decisionsEverywhere(known.network, town, meters.value);
    const destinations = destinationsOf(known.network, town, decisions);
    return { ...known, town, meters: meters.value, decisions, destinations };
  }

  const cell = computed(() => {
    const cells = view.value?.decisions.length ?? 0;
    const wanted = chosenCell.value ?? (followsWalker.value ? walkerCell.value : null) ?? 0;
    return wanted < cells ? wanted : 0;
  });
  const situation = computed<Situation | null>(() => {
    if (!view.value) return null;
    const { network, town } = view.value;
    const affordance = affordancesByCell(network, town)[cell.value]!;
    return { cell: cell.value, meters: view.value.meters, affordance };
  });
  const question = computed(() =>
    view.value && situation.value ? { network: view.value.network, situation: situation.value } : null,
  );
  /** The question once it has come to rest, for what is too heavy to follow every step of it. */
  const restingQuestion = STILL ? question : refDebounced(question, REST_MS, { maxWait: LONGEST_REST_MS });

  /** The margin that is drawn thickest: nine cells of ten have a smaller one. */
  const strongest = computed(() =>
    Math.max(
      ...[view.value, besideView.value].map((one) =>
        one
          ? quantile(
              one.decisions.map(({ margin }) => margin),
              0.9,
            )
          : 0,
      ),
    ),
  );
  const recorded = computed(() => policies.recorded);

  return {
    view,
    besideView,
    error: shown.error,
    walkerCell,
    presets,
    followsWalker,
    canFollow: computed(() => walkerLevels.value !== null),
    meters,
    setLevel,
    setLevels,
    followWalker,
    chosenCell,
    cell,
    situation,
    restingQuestion,
    strongest,
    beside,
    recorded,
  };
}

export type MindState = ReturnType<typeof useMind>;

/** Where the affordances stood at the end of an episode; null until that is known. */
function useLayoutOf(episode: Ref<number | null>) {
  const layout = shallowRef<readonly Placement[] | null>(null);
  watch(episode, async (wanted) => {
    layout.value = null;
    if (wanted === null) return;
    const state = await api.state(wanted).catch(() => null);
    if (episode.value === wanted) layout.value = state?.layout ?? null;
  });
  return layout;
}
