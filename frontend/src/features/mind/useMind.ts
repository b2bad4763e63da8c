/** The policy of the shown moment and the question put to it: town, meters, cell. */

import { computed, shallowRef, watch, watchEffect, type Ref } from "vue";
import { levelsAt } from "@/features/town/walker";
import type { BesideKey, Place } from "@/lib/address";
import type { Placement } from "@/lib/messages";
import { runsRoot } from "@/lib/root";
import { useLive } from "@/stores/live";
import { useMindView } from "@/stores/mindView";
import { useTimeControl } from "@/stores/timeControl";
import { useWalk } from "@/stores/walk";
import { decisionsEverywhere, destinationsOf, quantile, seenIn } from "./decisions";
import type { Decision, Destination, Town } from "./decisions";
import type { Situation } from "@/lib/network";
import { usePolicies, type Mind as Known } from "@/stores/policies";
import { feelingsOf, usualLevels } from "./presets";
import { newestBy } from "./steps";
import { useBeside, useLayoutOf } from "./useBeside";
import { usePolicy } from "./usePolicy";
import { useResting } from "./useResting";

/** The decisions of a policy in every cell of a town. */
export interface MindView extends Known {
  town: Town;
  meters: readonly number[];
  decisions: Decision[];
  destinations: Destination[];
}

/** While `active` is false, nothing is fetched and nothing is computed. */
export function useMind(active: Ref<boolean>) {
  const live = useLive();
  const timeControl = useTimeControl();
  const walk = useWalk();
  const policies = usePolicies();
  const chosen = useMindView();

  const walkerLevels = computed(() => (walk.replay ? levelsAt(walk.replay, walk.step) : null));
  const walkerCell = computed(
    () => walk.replay?.path[Math.min(walk.step, walk.replay.path.length - 1)] ?? null,
  );
  const newborn = computed(() => (walk.replay ? levelsAt(walk.replay, 0) : null));
  const full = computed(() => live.run?.meters.map(() => 1) ?? []);
  /** The levels that presets start from. */
  const usual = computed(() => (walk.replay && usualLevels(walk.replay)) ?? newborn.value ?? full.value);
  const feelings = computed(() => (live.run ? feelingsOf(live.run) : []));
  /** The chosen levels; an address may hold levels of another town. */
  const chosenLevels = computed(() =>
    chosen.levels?.length === live.run?.meters.length ? chosen.levels : null,
  );
  /** Whether the meters follow the agent on the map, step by step. */
  const followsWalker = computed(() => chosenLevels.value === null && walkerLevels.value !== null);
  const meters = computed<number[]>(
    () => chosenLevels.value ?? walkerLevels.value ?? newborn.value ?? full.value,
  );

  function setLevels(levels: readonly number[]): void {
    // The agent on the map moves on; the selected cell stays.
    if (chosen.cell === null) chooseCell(cell.value);
    chosen.levels = [...levels];
  }
  function setLevel(meter: number, level: number): void {
    setLevels(meters.value.map((present, i) => (i === meter ? level : present)));
  }
  function followWalker(): void {
    chosen.levels = chosen.cell = null;
  }
  function chooseCell(index: number): void {
    const width = live.run?.width ?? 1;
    chosen.cell = { x: index % width, y: Math.floor(index / width) };
  }

  const shown = usePolicy(() => {
    const episode = active.value ? timeControl.shown?.policy?.episode : null;
    return episode == null ? null : { episode };
  });
  // The state of a moment names its policy; most often the policy is known earlier and is fetched meanwhile.
  usePolicy(() => {
    if (!active.value) return null;
    const episode = newestBy(policies.recorded, timeControl.episode);
    if (episode !== null) return { episode };
    // Of a moment before the first policy: any other says of which episodes there are policies.
    const newest = live.state?.policy?.episode;
    const tooEarly = timeControl.shown !== null && timeControl.shown.policy == null;
    return tooEarly && newest !== undefined && policies.recorded.length === 0 ? { episode: newest } : null;
  });
  const beside = computed<BesideKey | null>({
    get: () => chosen.beside,
    set: (key) => (chosen.beside = key),
  });
  const other = usePolicy(() => (active.value ? beside.value : null));
  const otherTown = useBeside(beside);
  const movedAt = computed(() => (active.value ? (live.run?.randomization_episode ?? null) : null));
  const { value: former } = useLayoutOf(() =>
    // The state of the episode itself is from its end, after the move.
    movedAt.value === null || movedAt.value < 2 ? null : { episode: movedAt.value - 1 },
  );

  /** The policy of that episode is, and nothing newer has come since the view that stays until then. */
  const isOnItsWay = (episode: number): boolean =>
    view.value !== null &&
    shown.error.value === null &&
    shown.mind.value?.policy === view.value.policy &&
    view.value.policy.episode !== episode;
  const hasMoved = (episode: number): boolean => movedAt.value !== null && episode > movedAt.value;

  const view = shallowRef<MindView | null>(null);
  const besideView = shallowRef<MindView | null>(null);
  watchEffect(() => {
    if (!active.value) return;
    const at = timeControl.shown;
    if (at?.policy && isOnItsWay(at.policy.episode)) return;
    view.value =
      at && live.run
        ? viewOf(at.policy ? shown.mind.value : null, live.run, at.layout, hasMoved(at.episode))
        : null;
  });
  watchEffect(() => {
    if (!active.value) return;
    const [key, town] = [beside.value, otherTown.town.value];
    const moved = key !== null && key.run === undefined && hasMoved(key.episode);
    besideView.value = town ? viewOf(other.mind.value, town, town.layout, moved) : null;
  });

  function viewOf(
    known: Known | null,
    { width, height, walls, water }: Omit<Town, "layout">,
    layout: readonly Placement[],
    /** Whether affordances of this run have left their cells. */
    moved: boolean,
  ): MindView | null {
    if (!known || meters.value.length !== known.network.meters.length) return null;
    const town = {
      width,
      height,
      ...(walls && { walls }),
      ...(water && { water }),
      layout,
      former: moved ? (former.value ?? []) : [],
    };
    const decisions = decisionsEverywhere(known.network, town, meters.value);
    const destinations = destinationsOf(known.network, town, decisions);
    return { ...known, town, meters: meters.value, decisions, destinations };
  }

  const cell = computed(() => {
    const cells = view.value?.decisions.length ?? 0;
    const width = live.run?.width ?? 1;
    const place: Place | null = chosen.cell && chosen.cell.x < width ? chosen.cell : null;
    const asked = place ? place.y * width + place.x : followsWalker.value ? (walkerCell.value ?? 0) : 0;
    return asked < cells ? asked : 0;
  });
  const situation = computed<Situation | null>(() => {
    if (!view.value) return null;
    const { network, town } = view.value;
    return { ...seenIn(network, town)(cell.value), meters: view.value.meters };
  });
  const question = computed(() =>
    view.value && situation.value ? { network: view.value.network, situation: situation.value } : null,
  );
  /** The question after it has not changed for a while, for computations that are too long for a drag. */
  const restingQuestion = useResting(question);

  /** The margin with the thickest arrow: the 90 % quantile of all cells. */
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

  // The second policy of a branch is its parent's, if the server has the parent.
  const parent = computed(() => live.run?.parent ?? null);
  const recorded = computed(() => policies.recorded.length > 0);
  watch(
    [active, parent, recorded],
    () => {
      // A branch without a recorded policy has no policy of its parent either.
      if (!active.value || !recorded.value) return;
      if (!parent.value || !live.run || runsRoot() === null) return;
      const wanted = { run: parent.value.run_id, episode: live.run.num_episodes };
      void policies.fetchPolicy(wanted).catch(() => undefined);
    },
    { immediate: true },
  );

  return {
    view,
    besideView,
    error: shown.error,
    besideError: computed(() => otherTown.error.value ?? other.error.value),
    /** The second policy and its town, once both are here. */
    besideReady: computed(() => other.mind.value !== null && otherTown.town.value !== null),
    walkerCell,
    newborn,
    usual,
    feelings,
    followsWalker,
    canFollow: computed(() => walkerLevels.value !== null),
    meters,
    setLevel,
    setLevels,
    followWalker,
    chooseCell,
    cell,
    situation,
    restingQuestion,
    strongest,
    beside,
    recorded: computed(() => policies.recorded),
    parent: computed(() => {
      const run = parent.value?.run_id;
      const recorded = run === undefined ? undefined : policies.recordedElsewhere[run];
      return run !== undefined && recorded ? { run, episode: parent.value!.episode, recorded } : null;
    }),
  };
}

export type MindState = ReturnType<typeof useMind>;
