import { describe, expect, it } from "vitest";
import type { TrainerStatus } from "@/lib/messages";
import { trainerLabel } from "./trainerLabel";

const trainer: TrainerStatus = {
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

describe("the words for the trainer", () => {
  it("say what the server says, however old the last event is", () => {
    expect(trainerLabel(trainer, 9999)).toBe("Training");
    expect(trainerLabel({ ...trainer, status: "silent" }, 1045)).toBe(
      "Trainer silent for 45 s: crashed, or hanging",
    );
    expect(trainerLabel({ ...trainer, status: "completed" }, 9999)).toBe("Training completed");
    expect(trainerLabel({ ...trainer, status: "stopped", detail: "SIGTERM" }, 9999)).toBe(
      "Trainer stopped: SIGTERM",
    );
    expect(trainerLabel({ ...trainer, status: "failed" }, 9999)).toBe("Trainer failed");
    expect(trainerLabel({ ...trainer, status: "diverged", detail: "NaN or Inf in loss" }, 9999)).toBe(
      "Training diverged: NaN or Inf in loss",
    );
  });

  it("say so before the first word", () => {
    expect(trainerLabel(null, 0)).toBe("No word of the trainer yet");
  });
});
