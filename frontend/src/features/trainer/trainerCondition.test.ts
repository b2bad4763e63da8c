import { describe, expect, it } from "vitest";
import type { TrainerStatus } from "@/lib/messages";
import { SILENT_AFTER_S, trainerCondition } from "./trainerCondition";

const pulse: TrainerStatus = {
  status: "running",
  detail: "",
  attempt: 1,
  episodes_finished: 10,
  last_event_at: 1000,
  position: 40,
  agent_steps_per_second: null,
  rss_bytes: null,
  rss_bytes_per_hour: null,
  rss_limit_bytes: null,
  memory_alarm: "",
  loss: null,
  mean_q: null,
  replay_fill: null,
  checkpoint_at: null,
};

describe("the trainer", () => {
  it("runs while it says something at least every 30 s", () => {
    expect(trainerCondition(pulse, 1000 + SILENT_AFTER_S).kind).toBe("running");
  });

  it("has crashed or hangs when a running one is silent for longer", () => {
    expect(trainerCondition(pulse, 1045)).toEqual({
      kind: "silent",
      label: "Trainer silent for 45 s: crashed, or hanging",
    });
  });

  it("may be silent for as long as it likes when it has ended", () => {
    expect(trainerCondition({ ...pulse, status: "completed" }, 9999).kind).toBe("completed");
    expect(trainerCondition({ ...pulse, status: "stopped", detail: "SIGTERM" }, 9999).label).toBe(
      "Trainer stopped: SIGTERM",
    );
    expect(trainerCondition({ ...pulse, status: "failed" }, 9999).kind).toBe("failed");
  });

  it("is unknown before the first word", () => expect(trainerCondition(null, 0).kind).toBe("unknown"));
});
