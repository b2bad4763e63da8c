/** A WebSocket that reconnects by itself and detects a silent connection. */

import type { ClientMessage, ServerMessage } from "./messages";
import { backoff } from "./backoff";

/** The server sends a message every second; after this time without one the connection is closed. */
export const SILENCE_MS = 12_000;

export interface SocketEvents {
  opened(): void;
  message(message: ServerMessage): void;
  /** The connection was lost or failed; the next attempt starts in `retryInMs`. */
  lost(attempt: number, retryInMs: number): void;
}

export interface LiveSocket {
  /** Send, or return false without a connection. */
  send(message: ClientMessage): boolean;
  /** While the socket rests, silence of the server does not close the connection. */
  rest(resting: boolean): void;
  close(): void;
}

/** Connect to `url` and stay connected until `close()`. */
export function openSocket(
  url: string,
  events: SocketEvents,
  random: () => number = Math.random,
): LiveSocket {
  let socket: WebSocket | null = null;
  let attempt = 0;
  let closed = false;
  let resting = false;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let watchdog: ReturnType<typeof setTimeout> | undefined;

  function heard(): void {
    clearTimeout(watchdog);
    if (!resting) watchdog = setTimeout(lose, SILENCE_MS);
  }

  function connect(): void {
    const mine = new WebSocket(url);
    socket = mine;
    heard();
    mine.onopen = () => {
      if (socket !== mine) return;
      heard();
      events.opened();
    };
    mine.onmessage = (event) => {
      if (socket !== mine) return;
      heard();
      attempt = 0;
      events.message(JSON.parse(String(event.data)) as ServerMessage);
    };
    mine.onclose = () => {
      if (socket === mine) lose();
    };
  }

  function lose(): void {
    clearTimeout(watchdog);
    const old = socket;
    socket = null;
    old?.close();
    if (closed) return;
    attempt += 1;
    const wait = backoff(attempt, random);
    retry = setTimeout(connect, wait);
    events.lost(attempt, wait);
  }

  connect();
  return {
    send(message) {
      if (socket?.readyState !== WebSocket.OPEN) return false;
      socket.send(JSON.stringify(message));
      return true;
    },
    rest(now) {
      resting = now;
      if (socket) heard();
    },
    close() {
      closed = true;
      clearTimeout(retry);
      clearTimeout(watchdog);
      socket?.close();
      socket = null;
    },
  };
}
