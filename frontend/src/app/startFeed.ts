/** Where each message from the server goes. The only place that knows all the stores that listen. */

import type { ClientMessage, ServerMessage } from "@/lib/messages";
import { useConnection } from "@/stores/connection";
import { useLive } from "@/stores/live";
import { useTimeControl } from "@/stores/timeControl";

export function startFeed(): void {
  const connection = useConnection();
  const live = useLive();
  const timeControl = useTimeControl();

  function receive(message: ServerMessage): void {
    if (message.type === "state_at") timeControl.receive(message);
    else if (message.type === "error") {
      console.warn(`The server refused a message: ${message.message}`);
      timeControl.refused(message.request);
    } else live.receive(message);
  }

  function greet(): ClientMessage[] {
    const messages: ClientMessage[] = [];
    if (live.position > 0) messages.push({ type: "resume", position: live.position });
    queueMicrotask(timeControl.reconnected);
    return messages;
  }

  // A tab nobody looks at needs no updates; when it is looked at again it gets what it missed.
  document.addEventListener("visibilitychange", () => {
    const hidden = document.visibilityState === "hidden";
    connection.send(hidden ? { type: "pause" } : { type: "resume", position: live.position });
    connection.rest(hidden);
  });

  const scheme = window.location.protocol === "https:" ? "wss:" : "ws:";
  connection.start(`${scheme}//${window.location.host}/ws`, receive, greet);
}
