/** The time until the next episode, for runs with few episodes per hour. */

import { computed, ref, watch } from "vue";
import { api } from "@/lib/api";
import { STILL } from "@/lib/still";
import { useLive } from "@/stores/live";

/** The interval between two episodes is the mean over this number of episodes. */
const COUNTED = 20;
/** Least interval that is announced, in seconds. */
const WORTH_SAYING_S = 5;

/** Seconds between two episodes, from the times at which two episodes ended; null where the times are not known. */
export function intervalBetween(
  before: { episode: number; at: number },
  after: { episode: number; at: number },
): number | null {
  const episodes = after.episode - before.episode;
  return episodes > 0 && after.at > before.at ? (after.at - before.at) / episodes : null;
}

export function useNextDue() {
  const live = useLive();
  const interval = ref<number | null>(null);
  const newest = computed(() => {
    const state = live.state;
    return state ? { episode: state.episode, at: state.metrics.timestamp } : null;
  });
  watch(
    () => newest.value !== null && live.trainer?.status === "running",
    async (running) => {
      const now = newest.value;
      if (STILL || !running || now === null || now.episode < 2) return;
      const before = await api.state(Math.max(1, now.episode - COUNTED)).catch(() => null);
      if (before !== null)
        interval.value = intervalBetween({ episode: before.episode, at: before.metrics.timestamp }, now);
    },
    { immediate: true },
  );
  watch(newest, (now, before) => {
    if (!now || !before || now.episode <= before.episode) return;
    const passed = intervalBetween(before, now);
    if (passed === null) return;
    const weight = Math.min(1, (now.episode - before.episode) / COUNTED);
    interval.value = interval.value === null ? passed : (1 - weight) * interval.value + weight * passed;
  });

  /** "The next episode is due in about 20 s.", or "" where the interval is short. */
  return computed(() => {
    const seconds = interval.value;
    if (seconds === null || seconds < WORTH_SAYING_S || !newest.value || live.trainer?.status !== "running")
      return "";
    const left = newest.value.at + seconds - live.serverNow;
    if (left < -2 * seconds) return "";
    return left < 1
      ? "The next episode is due any moment."
      : `The next episode is due in about ${left < 90 ? `${Math.ceil(left)} s` : `${Math.ceil(left / 60)} min`}.`;
  });
}
