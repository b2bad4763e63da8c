import { createPinia, setActivePinia } from "pinia";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { nextTick } from "vue";
import type { Pulse, State, StateUpdate } from "../src/messages";
import { useConnection } from "../src/stores/connection";
import { useLive } from "../src/stores/live";
import { useMoment } from "../src/stores/moment";

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
    return { live: useLive(), moment: useMoment() };
  }
  const answer = (moment: ReturnType<typeof useMoment>, state: State | null) =>
    moment.receive({
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
    const { live, moment } = open();
    live.receive(update(1000));
    expect([moment.isLive, moment.episode, moment.shown!.episode]).toEqual([true, 1000, 1000]);
  });

  it("asks for one moment at a time and drops the wishes in between", () => {
    const { live, moment } = open();
    live.receive(update(1000));
    for (const episode of [100, 200, 300, 400]) moment.seek(episode);
    expect(sent.map((message) => message.episode)).toEqual([100]);
    answer(moment, stateAt(100));
    expect(sent.map((message) => message.episode)).toEqual([100, 400]);
    answer(moment, stateAt(400));
    expect(moment.shown!.episode).toBe(400);
  });

  it("asks only once for what it knows", () => {
    const { live, moment } = open();
    live.receive(update(1000));
    moment.seek(100);
    answer(moment, stateAt(100));
    moment.seek(200);
    answer(moment, stateAt(200));
    moment.seek(100);
    expect(sent).toHaveLength(2);
    expect(moment.shown!.episode).toBe(100);
  });

  it("forgets the past when a resumed run has another one", async () => {
    const { live, moment } = open();
    live.receive(update(1000));
    moment.seek(100);
    answer(moment, stateAt(100));
    live.receive(update(990, 2));
    await nextTick();
    expect(sent.map((message) => message.episode)).toEqual([100, 100]);
  });

  it("does not move when the present does, and goes back to it", () => {
    const { live, moment } = open();
    live.receive(update(1000));
    moment.seek(100);
    answer(moment, stateAt(100));
    live.receive(update(1001));
    expect(moment.shown!.episode).toBe(100);
    moment.goLive();
    expect(moment.shown!.episode).toBe(1001);
  });

  it("stays within the run", () => {
    const { live, moment } = open();
    live.receive(update(1000));
    moment.seek(-5);
    expect(moment.episode).toBe(1);
    moment.seek(5000);
    expect(moment.episode).toBe(1000);
  });

  it("starts where the address says, as soon as the run is known", async () => {
    const { live, moment } = open("?episode=512&speed=10");
    expect([moment.isLive, moment.speed, sent.length]).toEqual([false, 10, 0]);
    live.receive(update(1000));
    await nextTick();
    expect(sent.map((message) => message.episode)).toEqual([512]);
  });

  it("writes the address when it comes to rest", async () => {
    const { live, moment } = open();
    live.receive(update(1000));
    for (let episode = 1; episode < 50; episode += 1) {
      moment.seek(episode);
      await nextTick();
      vi.advanceTimersByTime(20);
    }
    expect(replaceState).not.toHaveBeenCalled();
    vi.advanceTimersByTime(200);
    expect(replaceState).toHaveBeenCalledExactlyOnceWith(null, "", "/?episode=49");
  });

  it("asks again for what was under way when the line broke", () => {
    const { live, moment } = open();
    live.receive(update(1000));
    moment.seek(100);
    moment.reconnected();
    expect(sent.map((message) => message.episode)).toEqual([100, 100]);
    moment.receive({
      type: "state_at",
      request: sent[0]!.request,
      episode: 100,
      state: stateAt(100),
      server_time: 0,
    });
    expect(moment.shown).toBeNull();
    answer(moment, stateAt(100));
    expect(moment.shown!.episode).toBe(100);
  });

  it("can ask on when the server could not answer", () => {
    const { live, moment } = open();
    live.receive(update(1000));
    moment.seek(100);
    moment.refused(sent.at(-1)!.request);
    moment.seek(200);
    expect(sent.map((message) => message.episode)).toEqual([100, 200]);
  });
});
