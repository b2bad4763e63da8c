/** The newest state the server sent, and how the trainer is. What the viewer looks at is `stores/timeControl.ts`. */

import { defineStore } from "pinia";
import { computed, ref, shallowRef } from "vue";
import type { Disk, TrainerStatus, Run, State, StateUpdate, Tick, Waiting } from "@/lib/messages";
import { useClock } from "./clock";
import { trainerCondition } from "@/features/trainer/trainerCondition";

export const useLive = defineStore("live", () => {
  const clock = useClock();
  const state = shallowRef<State | null>(null);
  const run = shallowRef<Run | null>(null);
  const pulse = shallowRef<TrainerStatus | null>(null);
  const disk = shallowRef<Disk | null>(null);
  const serverMemoryAlarm = ref("");
  const waiting = ref<string | null>(null);
  const position = ref(0);
  const serverAhead = ref(0);

  /** The newest finished episode, 0 before the first. */
  const newest = computed(() => Math.max(state.value?.episode ?? 0, pulse.value?.episodes_finished ?? 0));
  /** A sentence for each process whose memory is in danger. */
  const memoryAlarms = computed(() =>
    [
      { who: "Trainer", alarm: pulse.value?.memory_alarm ?? "" },
      { who: "Server", alarm: serverMemoryAlarm.value },
    ]
      .filter(({ alarm }) => alarm)
      .map(({ who, alarm }) => `${who}: ${alarm}`),
  );
  /** The server's clock now, Unix seconds: viewers' own clocks are often wrong. */
  const serverNow = computed(() => clock.now / 1000 + serverAhead.value);
  const trainer = computed(() => trainerCondition(pulse.value, serverNow.value));

  function receive(message: StateUpdate | Tick | Waiting): void {
    serverAhead.value = message.server_time - Date.now() / 1000;
    if (message.type === "waiting") {
      waiting.value = message.reason;
      state.value = null;
      return;
    }
    pulse.value = message.pulse;
    disk.value = message.disk;
    serverMemoryAlarm.value = message.server_memory_alarm;
    position.value = message.position;
    if (message.type === "state_update") {
      waiting.value = null;
      run.value = message.run;
      state.value = stateOf(message);
    }
  }

  return { state, run, pulse, disk, memoryAlarms, waiting, position, newest, serverNow, trainer, receive };
});

/** A live update in the shape in which the past is told too, so that every panel reads only one. */
function stateOf(update: StateUpdate): State {
  return {
    episode: update.episode,
    metrics: update.metrics,
    mean_survival: update.mean_survival,
    heatmap: {
      first: update.affordance_graph.first,
      last: update.affordance_graph.last,
      visits: update.position_heatmap,
      novelty: update.novelty_heatmap,
    },
    affordance_graph: update.affordance_graph,
    layout: update.layout,
    stage: update.stage,
    recovery: update.recovery,
    window: update.window,
    checkpoint: update.checkpoint,
  };
}
