/** The newest state of the server, and the status of the trainer. `stores/timeControl.ts` has the shown moment. */

import { defineStore } from "pinia";
import { computed, ref, shallowRef } from "vue";
import type { Alarm, Disk, TrainerStatus, Run, State, StateUpdate, Tick, Waiting } from "@/lib/messages";
import { FROZEN } from "@/lib/frozen/frozen";
import { STILL_PAST } from "@/lib/still";
import { useClock } from "./clock";
import { trainerLabel as labelOf } from "@/lib/trainerLabel";

/** Time for which a server may be behind the page; after it the run counts as restored from a backup. */
const OLDER_FOR_MS = 30_000;

export const useLive = defineStore("live", () => {
  const clock = useClock();
  const state = shallowRef<State | null>(null);
  const run = shallowRef<Run | null>(null);
  const trainer = shallowRef<TrainerStatus | null>(null);
  const disk = shallowRef<Disk | null>(null);
  /** Alarms that need an operator, as sentences of the server. */
  const alarms = shallowRef<Alarm[]>([]);
  const waiting = ref<string | null>(null);
  const position = ref(0);
  const serverAhead = ref(0);

  /** The newest episode whose state is known, 0 before the first: everything on the page is of that moment. */
  const newest = ref(0);
  /** The present time by the server's clock, Unix seconds; viewers' clocks are often wrong. */
  const serverNow = computed(() =>
    (FROZEN || STILL_PAST) && trainer.value
      ? trainer.value.last_event_at
      : clock.now / 1000 + serverAhead.value,
  );
  const trainerLabel = computed(() => labelOf(trainer.value, serverNow.value));

  /** Time at which the page last accepted a message with a position, by the viewer's clock, in ms. */
  let takenAt = 0;

  /** Whether a message is older than the page's state: the viewer was moved to a server whose copy is behind. */
  function isOlder(message: StateUpdate | Tick): boolean {
    const other = message.type === "state_update" && message.run.run_id !== run.value?.run_id;
    return !other && message.position < position.value && Date.now() - takenAt < OLDER_FOR_MS;
  }

  function receive(message: StateUpdate | Tick | Waiting): void {
    if (message.type !== "waiting" && isOlder(message)) return;
    serverAhead.value = message.server_time - Date.now() / 1000;
    if (message.type === "waiting") {
      waiting.value = message.reason;
      takenAt = 0;
      state.value = null;
      return;
    }
    trainer.value = message.trainer;
    disk.value = message.disk;
    alarms.value = message.alarms;
    position.value = message.position;
    takenAt = Date.now();
    if (message.type === "state_update") {
      waiting.value = null;
      run.value = message.run;
      newest.value = message.state.episode;
      state.value = message.state;
    }
  }

  return { state, run, trainer, disk, alarms, waiting, position, newest, serverNow, trainerLabel, receive };
});
