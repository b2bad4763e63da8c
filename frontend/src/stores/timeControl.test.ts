import { createPinia, setActivePinia } from "pinia";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { nextTick } from "vue";
import type { Pulse, State, StateUpdate } from "@/lib/messages";
import { useConnection } from "./connection";
import { useLive } from "./live";
import { useTimeControl } from "./timeControl";

const pulse = {
  status: "running",
  detail: "",
  attempt: 1,
  episodes_finished: 1000,
  last_event_at: 0,
  position: 4000,
} as Pulse;

function update(episode: number, attempt = 1): StateUpdate {
  return {
    type: "state_update",
    episode,
    position: episode * 4,
    pulse: { ...pulse, attempt, episodes_finished: episode },
    run: {},
    affordance_graph: { first: 1, last: episode, nodes: [], edges: [] },
    server_time: 0,
  } as unknown as StateUpdate;
}
const stateAt = (episode: number): State => ({ episode }) as State;

describe("the moment looked at", () => {
  let sent: { type: string; episode: number; request: number }[];
  const replaceState = vi.fn();

  function open(search = "") {
    vi.stubGlobal("window", { location: { search, pathname: "/" } });
    vi.stubGlobal("history", { replaceState });
    setActivePinia(createPinia());
    sent = [];
    const connection = useConnection();
    connection.send = vi.fn((message) => {
      sent.push(message as (typeof sent)[number]);
      return true;
    });
    return { live: useLive(), timeControl: useTimeControl() };
  }
  const answer = (timeControl: ReturnType<typeof useTimeControl>, state: State | null) =>
    timeControl.receive({
      type: "state_at",
      request: sent.at(-1)!.request,
      episode: sent.at(-1)!.episode,
      state,
      server_time: 0,
    });

  beforeEach(() => {
    vi.useFakeTimers();
    replaceState.mockReset();
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("is live at first", () => {
    const { live, timeControl } = open();
    live.receive(update(1000));
    expect([timeControl.isLive, timeControl.episode, timeControl.shown!.episode]).toEqual([true, 1000, 1000]);
  });

  it("asks for one moment at a time and drops the wishes in between", () => {
    const { live, timeControl } = open();
    live.receive(update(1000));
    for (const episode of [100, 200, 300, 400]) timeControl.seek(episode);
    expect(sent.map((message) => message.episode)).toEqual([100]);
    answer(timeControl, stateAt(100));
    expect(sent.map((message) => message.episode)).toEqual([100, 400]);
    answer(timeControl, stateAt(400));
    expect(timeControl.shown!.episode).toBe(400);
  });

  it("asks only once for what it knows", () => {
    const { live, timeControl } = open();
    live.receive(update(1000));
    timeControl.seek(100);
    answer(timeControl, stateAt(100));
    timeControl.seek(200);
    answer(timeControl, stateAt(200));
    timeControl.seek(100);
    expect(sent).toHaveLength(2);
    expect(timeControl.shown!.episode).toBe(100);
  });

  it("forgets the past when a resumed run has another one", async () => {
    const { live, timeControl } = open();
    live.receive(update(1000));
    timeControl.seek(100);
    answer(timeControl, stateAt(100));
    live.receive(update(990, 2));
    await nextTick();
    expect(sent.map((message) => message.episode)).toEqual([100, 100]);
  });

  it("does not move when the present does, and goes back to it", () => {
    const { live, timeControl } = open();
    live.receive(update(1000));
    timeControl.seek(100);
    answer(timeControl, stateAt(100));
    live.receive(update(1001));
    expect(timeControl.shown!.episode).toBe(100);
    timeControl.goLive();
    expect(timeControl.shown!.episode).toBe(1001);
  });

  it("stays within the run", () => {
    const { live, timeControl } = open();
    live.receive(update(1000));
    timeControl.seek(-5);
    expect(timeControl.episode).toBe(1);
    timeControl.seek(5000);
    expect(timeControl.episode).toBe(1000);
  });

  it("starts where the address says, as soon as the run is known", async () => {
    const { live, timeControl } = open("?episode=512&speed=10");
    expect([timeControl.isLive, timeControl.speed, sent.length]).toEqual([false, 10, 0]);
    live.receive(update(1000));
    await nextTick();
    expect(sent.map((message) => message.episode)).toEqual([512]);
  });

  it("writes the address when it comes to rest", async () => {
    const { live, timeControl } = open();
    live.receive(update(1000));
    for (let episode = 1; episode < 50; episode += 1) {
      timeControl.seek(episode);
      await nextTick();
      vi.advanceTimersByTime(20);
    }
    expect(replaceState).not.toHaveBeenCalled();
    vi.advanceTimersByTime(200);
    expect(replaceState).toHaveBeenCalledExactlyOnceWith(null, "", "/?episode=49");
  });

  it("asks again for what was under way when the line broke", () => {
    const { live, timeControl } = open();
    live.receive(update(1000));
    timeControl.seek(100);
    timeControl.reconnected();
    expect(sent.map((message) => message.episode)).toEqual([100, 100]);
    timeControl.receive({
      type: "state_at",
      request: sent[0]!.request,
      episode: 100,
      state: stateAt(100),
      server_time: 0,
    });
    expect(timeControl.shown).toBeNull();
    answer(timeControl, stateAt(100));
    expect(timeControl.shown!.episode).toBe(100);
  });

  it("can ask on when the server could not answer", () => {
    const { live, timeControl } = open();
    live.receive(update(1000));
    timeControl.seek(100);
    timeControl.refused(sent.at(-1)!.request);
    timeControl.seek(200);
    expect(sent.map((message) => message.episode)).toEqual([100, 200]);
  });
});
