/** Where each message from the server goes. The only place that knows all the stores that listen. */

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
    // A still page needs one state and is told nothing after it.
    if (STILL && live.state !== null) {
      connection.send({ type: "pause" });
      connection.rest(true);
    }
  }

  // A tab nobody looks at needs no updates; when it is looked at again it gets the newest state.
  useEventListener(document, "visibilitychange", () => {
    if (STILL) return;
    const hidden = document.visibilityState === "hidden";
    connection.send({ type: hidden ? "pause" : "live" });
    connection.rest(hidden);
  });

  connection.start(socketAddress(), receive);
}
