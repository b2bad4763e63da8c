/** The newest state the server sent, and how the trainer is. What the viewer looks at is `stores/timeControl.ts`. */

import { defineStore } from "pinia";
import { computed, ref, shallowRef } from "vue";
import type { Alarm, Disk, TrainerStatus, Run, State, StateUpdate, Tick, Waiting } from "@/lib/messages";
import { FROZEN } from "@/lib/frozen/frozen";
import { STILL_PAST } from "@/lib/still";
import { useClock } from "./clock";
import { trainerLabel as labelOf } from "@/lib/trainerLabel";

export const useLive = defineStore("live", () => {
  const clock = useClock();
  const state = shallowRef<State | null>(null);
  const run = shallowRef<Run | null>(null);
  const trainer = shallowRef<TrainerStatus | null>(null);
  const disk = shallowRef<Disk | null>(null);
  /** What needs an operator's attention, in the server's words. */
  const alarms = shallowRef<Alarm[]>([]);
  const waiting = ref<string | null>(null);
  const position = ref(0);
  const serverAhead = ref(0);

  /** The newest episode whose state is known, 0 before the first: everything on the page is of that moment. */
  const newest = ref(0);
  /** The server's clock now, Unix seconds: viewers' own clocks are often wrong. */
  const serverNow = computed(() =>
    (FROZEN || STILL_PAST) && trainer.value
      ? trainer.value.last_event_at
      : clock.now / 1000 + serverAhead.value,
  );
  const trainerLabel = computed(() => labelOf(trainer.value, serverNow.value));

  function receive(message: StateUpdate | Tick | Waiting): void {
    serverAhead.value = message.server_time - Date.now() / 1000;
    if (message.type === "waiting") {
      waiting.value = message.reason;
      state.value = null;
      return;
    }
    trainer.value = message.trainer;
    disk.value = message.disk;
    alarms.value = message.alarms;
    position.value = message.position;
    if (message.type === "state_update") {
      waiting.value = null;
      run.value = message.run;
      newest.value = message.state.episode;
      state.value = message.state;
    }
  }

  return { state, run, trainer, disk, alarms, waiting, position, newest, serverNow, trainerLabel, receive };
});
