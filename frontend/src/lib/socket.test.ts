import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openSocket, SILENCE_MS, type LiveSocket, type SocketEvents } from "./socket";

/** Stands in for the browser's WebSocket, which Node lacks; the tests play the server's part. */
class FakeWebSocket {
  static readonly OPEN = 1;
  static all: FakeWebSocket[] = [];
  readyState = 0;
  sent: string[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;

  constructor(readonly url: string) {
    FakeWebSocket.all.push(this);
  }
  static get newest(): FakeWebSocket {
    return FakeWebSocket.all.at(-1)!;
  }
  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }
  say(message: unknown): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
  send(text: string): void {
    this.sent.push(text);
  }
  close(): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.onclose?.();
  }
}

describe("the socket", () => {
  const events = { opened: vi.fn(), message: vi.fn(), lost: vi.fn() } satisfies SocketEvents;
  let socket: LiveSocket;

  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("WebSocket", FakeWebSocket);
    FakeWebSocket.all = [];
    Object.values(events).forEach((spy) => spy.mockReset());
    socket = openSocket("ws://town/ws", events, () => 0);
  });
  afterEach(() => {
    socket.close();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("tells when it is open and hands messages on", () => {
    FakeWebSocket.newest.open();
    FakeWebSocket.newest.say({ type: "waiting", reason: "no run" });
    expect(events.opened).toHaveBeenCalledOnce();
    expect(events.message).toHaveBeenCalledWith({ type: "waiting", reason: "no run" });
  });

  it("sends only while it is open", () => {
    expect(socket.send({ type: "live" })).toBe(false);
    FakeWebSocket.newest.open();
    expect(socket.send({ type: "live" })).toBe(true);
    expect(FakeWebSocket.newest.sent).toEqual(['{"type":"live"}']);
  });

  it("comes back, waiting longer each time", () => {
    FakeWebSocket.newest.close();
    expect(events.lost).toHaveBeenLastCalledWith(1, 500);
    vi.advanceTimersByTime(499);
    expect(FakeWebSocket.all).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(FakeWebSocket.all).toHaveLength(2);
    FakeWebSocket.newest.close();
    expect(events.lost).toHaveBeenLastCalledWith(2, 1000);
  });

  it("starts from the short wait again once the server has said something", () => {
    FakeWebSocket.newest.close();
    vi.advanceTimersByTime(500);
    FakeWebSocket.newest.open();
    FakeWebSocket.newest.say({ type: "tick" });
    FakeWebSocket.newest.close();
    expect(events.lost).toHaveBeenLastCalledWith(1, 500);
  });

  it("does not take an accepted connection alone for recovery", () => {
    FakeWebSocket.newest.close();
    vi.advanceTimersByTime(500);
    FakeWebSocket.newest.open();
    FakeWebSocket.newest.close();
    expect(events.lost).toHaveBeenLastCalledWith(2, 1000);
  });

  it("takes a line that is silent for too long for dead", () => {
    FakeWebSocket.newest.open();
    vi.advanceTimersByTime(SILENCE_MS - 1);
    expect(events.lost).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(events.lost).toHaveBeenCalledOnce();
  });

  it("expects no word while it rests", () => {
    FakeWebSocket.newest.open();
    socket.rest(true);
    vi.advanceTimersByTime(SILENCE_MS * 10);
    expect(events.lost).not.toHaveBeenCalled();
    socket.rest(false);
    vi.advanceTimersByTime(SILENCE_MS);
    expect(events.lost).toHaveBeenCalledOnce();
  });

  it("stays closed when it was closed", () => {
    FakeWebSocket.newest.open();
    socket.close();
    vi.advanceTimersByTime(60_000);
    expect(FakeWebSocket.all).toHaveLength(1);
    expect(events.lost).not.toHaveBeenCalled();
  });
});
