/** The status of the trainer in words. The server decides the status, and when a trainer is silent. */

import type { TrainerStatus } from "@/lib/messages";
import { duration } from "@/lib/format";

/** `serverNow` in Unix seconds. */
export function trainerLabel(trainer: TrainerStatus | null, serverNow: number): string {
  if (trainer === null) return "No word of the trainer yet";
  const detail = trainer.detail ? `: ${trainer.detail}` : "";
  switch (trainer.status) {
    case "running":
      return "Training";
    case "silent":
      return `Trainer silent for ${duration(serverNow - trainer.last_event_at)}: crashed, or hanging`;
    case "completed":
      return "Training completed";
    case "stopped":
      return `Trainer stopped${detail}`;
    case "failed":
      return `Trainer failed${detail}`;
    case "diverged":
      return `Training diverged${detail}`;
    default:
      return "Waiting for the trainer";
  }
}
