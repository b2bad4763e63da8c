/** The line to the server: whether it stands, since when it is silent, and when it is tried again. */

import { defineStore } from "pinia";
import { computed, ref } from "vue";
import { api } from "@/lib/api";
import type { ClientMessage, ServerMessage } from "@/lib/messages";
import { openSocket, type LiveSocket } from "@/lib/socket";
import { useClock } from "./clock";

/** After this many seconds without a word what is shown is called stale. */
export const STALE_AFTER_S = 4;

export type LineState = "connecting" | "connected" | "reconnecting";

export const useConnection = defineStore("connection", () => {
  const clock = useClock();
  const line = ref<LineState>("connecting");
  const retryAt = ref(0);
  const heardAt = ref<number | null>(null);
  /** Why no connection can be made, "" while that is not known. */
  const problem = ref("");
  let socket: LiveSocket | null = null;

  /** Whole seconds since the server last said something, 0 while that is fresh. */
  const staleFor = computed(() => {
    if (heardAt.value === null) return 0;
    const seconds = Math.floor((clock.now - heardAt.value) / 1000);
    return seconds >= STALE_AFTER_S ? seconds : 0;
  });
  const retryIn = computed(() => Math.max(0, Math.ceil((retryAt.value - clock.now) / 1000)));

  /** Connect, and hand every message to `receive`. */
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

  /** Browsers do not say why a WebSocket failed; where the server answers over HTTP it knows. */
  async function diagnose(): Promise<void> {
    const check = await api.websocket(window.location.origin).catch(() => null);
    problem.value = check?.reason ?? "";
  }

  function send(message: ClientMessage): boolean {
    return socket?.send(message) ?? false;
  }

  /** Expect no word from the server (its sender was asked to pause), or expect it again. */
  function rest(resting: boolean): void {
    socket?.rest(resting);
    heardAt.value = Date.now();
  }

  return { line, problem, retryIn, staleFor, heardAt, start, send, rest };
});
