/** Passes each message of the server to the stores. */

import { useEventListener } from "@vueuse/core";
import { newestUpdate } from "@/lib/frozen/answers";
import { FROZEN } from "@/lib/frozen/frozen";
import type { ServerMessage } from "@/lib/messages";
import { track } from "@/lib/pending";
import { socketAddress } from "@/lib/root";
import { STILL } from "@/lib/still";
import { useConnection } from "@/stores/connection";
import { useLive } from "@/stores/live";

export function startFeed(): void {
  const connection = useConnection();
  const live = useLive();
  if (FROZEN) {
    connection.line = "connected";
    void track(newestUpdate()).then(live.receive, (reason: Error) => {
      connection.problem = reason.message;
    });
    return;
  }

  function receive(message: ServerMessage): void {
    if (message.type === "error") console.warn(`The server refused a message: ${message.message}`);
    else if (!STILL || live.state === null) live.receive(message);
    // A still page uses one state and ignores later messages.
    if (STILL && live.state !== null) {
      connection.send({ type: "pause" });
      connection.rest(true);
    }
  }

  // A hidden tab pauses the updates; a visible tab gets the newest state at once.
  useEventListener(document, "visibilitychange", () => {
    if (STILL) return;
    const hidden = document.visibilityState === "hidden";
    connection.send({ type: hidden ? "pause" : "live" });
    connection.rest(hidden);
  });

  connection.start(socketAddress(), receive);
}
