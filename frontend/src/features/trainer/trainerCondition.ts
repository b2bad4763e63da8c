/** Whether the trainer lives, judged by the log's last event and the server's clock. */

import type { TrainerStatus } from "@/lib/messages";
import { duration } from "@/lib/format";

/** A running trainer that has recorded nothing for this long has crashed, or hangs. */
export const SILENT_AFTER_S = 30;

export interface TrainerCondition {
  kind: "unknown" | "waiting" | "running" | "silent" | "stopped" | "completed" | "failed";
  label: string;
}

/** `serverNow` in Unix seconds. */
export function trainerCondition(pulse: TrainerStatus | null, serverNow: number): TrainerCondition {
  if (pulse === null) return { kind: "unknown", label: "No word of the trainer yet" };
  const silence = serverNow - pulse.last_event_at;
  const detail = pulse.detail ? `: ${pulse.detail}` : "";
  switch (pulse.status) {
    case "running":
    case "silent":
      return silence > SILENT_AFTER_S
        ? { kind: "silent", label: `Trainer silent for ${duration(silence)}: crashed, or hanging` }
        : { kind: "running", label: "Training" };
    case "completed":
      return { kind: "completed", label: "Training completed" };
    case "stopped":
      return { kind: "stopped", label: `Trainer stopped${detail}` };
    case "failed":
      return { kind: "failed", label: `Trainer failed${detail}` };
    default:
      return { kind: "waiting", label: "Waiting for the trainer" };
  }
}
