/** A WebSocket that comes back by itself, and notices when the line is dead though nobody hung up. */

import type { ClientMessage, ServerMessage } from "./messages";
import { backoff } from "./backoff";

/** The server says something every second; after this long without a word the line is taken for dead. */
export const SILENCE_MS = 12_000;

export interface SocketEvents {
  opened(): void;
  message(message: ServerMessage): void;
  /** The connection was lost, or could not be made; the next attempt starts in `retryInMs`. */
  lost(attempt: number, retryInMs: number): void;
}

export interface LiveSocket {
  /** Send, or return false when there is no connection just now. */
  send(message: ClientMessage): boolean;
  /** While resting, the server's silence is expected and no reason to reconnect. */
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
