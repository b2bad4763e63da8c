/** The connection to the server: its state, the time of silence, the next attempt. */

import { defineStore } from "pinia";
import { computed, ref } from "vue";
import { api } from "@/lib/api";
import type { ClientMessage, ServerMessage } from "@/lib/messages";
import { openSocket, type LiveSocket } from "@/lib/socket";
import { useClock } from "./clock";

/** Seconds without a message after which the state is stale. */
export const STALE_AFTER_S = 4;

export type LineState = "connecting" | "connected" | "reconnecting";

export const useConnection = defineStore("connection", () => {
  const clock = useClock();
  const line = ref<LineState>("connecting");
  const retryAt = ref(0);
  const heardAt = ref<number | null>(null);
  /** The reason why no connection can be made, "" while it is not known. */
  const problem = ref("");
  let socket: LiveSocket | null = null;

  /** Whole seconds since the last message of the server, 0 while it is fresh. */
  const staleFor = computed(() => {
    if (heardAt.value === null) return 0;
    const seconds = Math.floor((clock.now - heardAt.value) / 1000);
    return seconds >= STALE_AFTER_S ? seconds : 0;
  });
  const retryIn = computed(() => Math.max(0, Math.ceil((retryAt.value - clock.now) / 1000)));

  /** Connect, and call `receive` with each message. */
  function start(url: string, receive: (message: ServerMessage) => void): void {
    socket = openSocket(url, {
      opened() {
        line.value = "connected";
      },
      message(message) {
        heardAt.value = Date.now();
        problem.value = "";
        receive(message);
      },
      lost(attempt, retryInMs) {
        line.value = "reconnecting";
        retryAt.value = Date.now() + retryInMs;
        if (heardAt.value === null && attempt > 1) void diagnose();
      },
    });
  }

  /** Browsers do not say why a WebSocket failed; a request over HTTP may give the reason. */
  async function diagnose(): Promise<void> {
    const check = await api.websocket(window.location.origin).catch(() => null);
    problem.value = check?.reason ?? "";
  }

  function send(message: ClientMessage): boolean {
    return socket?.send(message) ?? false;
  }

  /** Expect no message from the server (it was asked to pause), or expect messages again. */
  function rest(resting: boolean): void {
    socket?.rest(resting);
    heardAt.value = Date.now();
  }

  return { line, problem, retryIn, staleFor, heardAt, start, send, rest };
});
