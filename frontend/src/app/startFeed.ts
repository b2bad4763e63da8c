/** Where each message from the server goes. The only place that knows all the stores that listen. */

import { useEventListener } from "@vueuse/core";
import type { ClientMessage, ServerMessage } from "@/lib/messages";
import { useConnection } from "@/stores/connection";
import { useLive } from "@/stores/live";

export function startFeed(): void {
  const connection = useConnection();
  const live = useLive();

  function receive(message: ServerMessage): void {
    if (message.type === "error") console.warn(`The server refused a message: ${message.message}`);
    else if (message.type === "state_update" || message.type === "tick" || message.type === "waiting")
      live.receive(message);
  }

  function greet(): ClientMessage[] {
    return live.position > 0 ? [{ type: "resume", position: live.position }] : [];
  }

  // A tab nobody looks at needs no updates; when it is looked at again it gets what it missed.
  useEventListener(document, "visibilitychange", () => {
    const hidden = document.visibilityState === "hidden";
    connection.send(hidden ? { type: "pause" } : { type: "resume", position: live.position });
    connection.rest(hidden);
  });

  const scheme = window.location.protocol === "https:" ? "wss:" : "ws:";
  connection.start(`${scheme}//${window.location.host}/ws`, receive, greet);
}
